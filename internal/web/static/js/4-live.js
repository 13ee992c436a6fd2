// The live connection. Each event names what it is about; what is shown of that is asked
// for again as a fragment. The page is never loaded anew, and nothing is touched into
// which somebody is typing.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  const pending = { rows: new Set(), messages: new Set(), thread: false, header: false, composer: false, panel: false, counts: false, simulator: false };
  let timer = null, lost = null;

  function connect() {
    const address = document.body.dataset.live;
    if (!address || !(parley.openConversation() || $("#inbox") || $("#unread-badge") || $("[data-simulator-thread]"))) return;
    // The browser connects again by itself and says with Last-Event-ID where it was.
    const source = new EventSource(address);
    source.onopen = () => { mark(false); };
    source.onerror = () => {
      mark(true);
      // A server that answered with an error is not asked again by the browser.
      if (source.readyState === EventSource.CLOSED) window.setTimeout(() => { connect(); catchUp(); }, 5000);
    };
    source.onmessage = (message) => {
      try { take(JSON.parse(message.data)); } catch (e) { /* not for us */ }
    };
    // The server could not go on where we were: look at everything once.
    source.addEventListener("resync", catchUp);
    window.addEventListener("pagehide", () => source.close(), { once: true });
  }

  // The mark waits a little: most connections are back before anybody would notice.
  function mark(away) {
    window.clearTimeout(lost);
    const el = $("#live-mark");
    if (!el) return;
    if (!away) { el.hidden = true; return; }
    lost = window.setTimeout(() => { el.hidden = false; }, 1500);
  }

  function take(event) {
    const open = parley.openConversation();
    const here = event.conversation_id && event.conversation_id === open;
    const kind = event.type || "";
    if (kind.startsWith("import.")) parley.importMoved();
    if (kind === "connection.changed") connectionChanged();
    if (kind.startsWith("broadcast.")) parley.broadcastMoved(event.subject_id, kind);
    if (event.conversation_id) pending.rows.add(event.conversation_id);
    if (kind.startsWith("message.") || kind.startsWith("conversation.")) {
      pending.counts = true;
      pending.simulator = true;
      if (parley.manageChanged) parley.manageChanged();
    }
    if (here) {
      if (kind === "message.status" || kind === "message.reaction") pending.messages.add(event.message_id);
      else if (kind.startsWith("message.")) { pending.thread = true; pending.composer = kind === "message.received"; }
      if (kind.startsWith("conversation.") && kind !== "conversation.seen") { pending.thread = true; pending.header = true; }
    }
    if (kind.startsWith("tag.") && kind !== "tag.moved") parley.tagChanged(kind, event.subject_id);
    const thread = $("#thread");
    if (kind.startsWith("contact.") && thread && event.contact_id === thread.dataset.contact) {
      pending.panel = true;
      pending.header = true;
      if (open) pending.rows.add(open);
    }
    if (!timer) timer = window.setTimeout(flush, 30);
  }

  // Whether something must be connected again; only admins hear of it.
  async function connectionChanged() {
    const html = await parley.fragment("/settings/integrations/mark");
    const mark = $("#broken-mark");
    if (html !== null && mark) mark.replaceWith(parley.elements(html)[0]);
  }

  // A row that is to be looked at again.
  parley.rowChanged = function (id) {
    pending.rows.add(id);
    if (!timer) timer = window.setTimeout(flush, 30);
  };

  function catchUp() {
    if (parley.openConversation()) pending.thread = pending.header = pending.panel = true;
    pending.counts = pending.simulator = true;
    if (parley.manageChanged) parley.manageChanged();
    all("#rows > [data-id]").slice(0, 30).forEach((row) => pending.rows.add(row.dataset.id));
    if (!timer) timer = window.setTimeout(flush, 30);
  }

  async function flush() {
    timer = null;
    const work = Object.assign({}, pending, { rows: Array.from(pending.rows), messages: Array.from(pending.messages) });
    pending.rows.clear();
    pending.messages.clear();
    pending.thread = pending.header = pending.composer = pending.panel = pending.counts = pending.simulator = false;
    const open = parley.openConversation();
    const path = "/inbox/" + open;
    const jobs = [];
    if (open && work.thread) jobs.push(newMessages(path));
    if (open) work.messages.filter(Boolean).forEach((id) => jobs.push(parley.fragment(path + "/messages/" + id).then((html) => html && parley.replaceMessage(id, html))));
    if (open && work.header) jobs.push(parley.fragment(path + "/header").then((html) => html && open === parley.openConversation() && swap("#thread-header", html)));
    if (open && work.composer) jobs.push(composer(path));
    if (open && work.panel) jobs.push(panel(path));
    if ($("#inbox")) rows(work.rows, jobs);
    if (work.counts) jobs.push(counts());
    if (work.simulator) jobs.push(simulator());
    await Promise.all(jobs);
  }

  async function newMessages(path) {
    const open = parley.openConversation();
    const html = await parley.fragment(path + "/messages");
    if (html === null || open !== parley.openConversation()) return;
    parley.addMessages(html);
    seen(path);
  }

  // What is on the screen of somebody who is looking has been seen.
  async function seen(path) {
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    try { await fetch(path + "/seen", { method: "POST", credentials: "same-origin", headers: { "HX-Request": "true" } }); } catch (e) { /* next time */ }
  }
  window.addEventListener("focus", () => { if (parley.openConversation()) seen("/inbox/" + parley.openConversation()); });

  // The header is left alone while one of its menus is open.
  function swap(selector, html) {
    const old = $(selector), fresh = parley.elements(html)[0];
    if (!old || !fresh || $("details[open]", old)) return;
    const held = old.contains(document.activeElement);
    old.replaceWith(fresh);
    window.htmx.process(fresh);
    if (held) { const next = $("button, a", fresh); if (next) next.focus(); }
  }

  // A new message may open WhatsApp's window: only the notes around the text change.
  async function composer(path) {
    const html = await parley.fragment(path + "/composer");
    const old = $("#composer"), fresh = html && parley.elements(html)[0];
    if (!old || !fresh || old.dataset.draft !== fresh.dataset.draft) return;
    const field = $("#composer-text");
    if (!field || (!field.value && !parley.somethingToSend() && !$("#quoting:not([hidden])"))) {
      if (document.activeElement === field && field) {
        all(".callout", old).forEach((n) => n.remove());
        all(".callout", fresh).reverse().forEach((n) => old.prepend(n));
        const send = $("button.btn:not(#new-below)", old);
        if (send) send.disabled = $("button.btn", fresh) ? $("button.btn", fresh).disabled : false;
        return;
      }
      old.replaceWith(fresh);
      window.htmx.process(fresh);
      return;
    }
    all("[data-refusal]", old).forEach((note) => { if (!$('[data-refusal="' + note.dataset.refusal + '"]', fresh)) note.remove(); });
    const select = $("#composer-channel");
    if (select) select.dispatchEvent(new Event("change", { bubbles: true }));
    else { const send = $("button.btn:not(#new-below)", old); if (send && !$("[data-refusal]", old)) send.disabled = false; }
  }

  // The contact changes in place unless somebody is editing it: then saving will tell (C4).
  async function panel(path) {
    const old = $("#panel"), form = $("#panel-form");
    if (!old || (form && (form.dataset.dirty || form.contains(document.activeElement) || $(".save-bar:not([data-when-dirty])", form)))) return;
    const html = await parley.fragment(path + "/panel");
    const fresh = html && parley.elements(html)[0];
    if (!fresh || fresh.dataset.version === old.dataset.version || !old.isConnected || (form && form.dataset.dirty)) return;
    fresh.toggleAttribute("data-shown", old.hasAttribute("data-shown"));
    old.replaceWith(fresh);
    window.htmx.process(fresh);
    parley.ready();
  }

  function rows(ids, jobs) {
    const inbox = $("#inbox");
    const query = new URLSearchParams({ view: inbox.dataset.view });
    const search = $("#search");
    if (search && search.value) query.set("q", search.value);
    ids.forEach((id) => jobs.push(parley.fragment("/inbox/" + id + "/row?" + query).then((html) => placeRow(id, html))));
  }

  // Puts a row where its time says, and takes it out when it is not in this view any more.
  function placeRow(id, html) {
    const list = $("#rows"), box = $("#rows-box");
    if (!list) return;
    const old = document.getElementById("conv-" + id);
    const fresh = html && parley.elements(html)[0];
    if (!fresh) {
      if (old && id !== parley.openConversation()) old.remove();
      return;
    }
    const held = old && old.contains(document.activeElement);
    if (id === parley.openConversation()) $("a", fresh).setAttribute("aria-current", "true");
    const top = box.scrollTop, height = list.scrollHeight;
    if (old) old.remove();
    const at = Number(fresh.dataset.at);
    const next = all("#rows > [data-at]").find((row) => Number(row.dataset.at) <= at);
    if (next) next.before(fresh);
    else if (!$("#rows > [data-more]")) list.append(fresh);
    else return;
    all("#rows > [data-empty]").forEach((el) => el.remove());
    window.htmx.process(fresh);
    if (held) $("a", fresh).focus({ preventScroll: true });
    if (top > 0 && fresh.offsetTop < top) box.scrollTop = top + (list.scrollHeight - height);
  }

  async function counts() {
    let answer;
    try {
      answer = await fetch("/inbox/counts", { credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (answer.status === 401) location.reload();
      if (!answer.ok) return;
      answer = await answer.json();
    } catch (e) { return; }
    parley.unread(answer.unread);
    Object.entries(answer.views || {}).forEach(([view, n]) => {
      const el = $('[data-tab-count="' + view + '"]');
      if (el) el.textContent = n > 0 ? n.toLocaleString("en-GB") : "";
    });
  }

  // The number of unread conversations stands in the navigation and in the title.
  parley.unread = function (n) {
    const badge = $("#unread-badge");
    if (badge && badge.dataset.count !== String(n)) {
      badge.dataset.count = n;
      badge.textContent = n ? n.toLocaleString("en-GB") : "";
      if (n) { const words = document.createElement("span"); words.className = "sr-only"; words.textContent = " unread"; badge.append(words); }
    }
    document.title = (n ? "(" + n + ") " : "") + document.title.replace(/^\(\d+\) /, "");
  };

  async function simulator() {
    const box = $("[data-simulator-thread]"), setup = $("#sim-setup");
    if (!box || !setup) return;
    const html = await parley.fragment(box.dataset.simulatorThread + "?" + new URLSearchParams(new FormData(setup)));
    if (html === null) return;
    const follow = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    box.innerHTML = html;
    if (follow) box.scrollTop = box.scrollHeight;
    receipts(setup);
  }

  // A phone that shows a message says that it came and was read, a moment later each.
  let told = null;
  function receipts(setup) {
    const box = $("[data-simulator-thread]");
    const last = all('[data-status="sent"], [data-status="delivered"]', box).pop();
    if (!last || document.visibilityState !== "visible" || told === last.id + last.dataset.status) return;
    told = last.id + last.dataset.status;
    window.setTimeout(() => {
      fetch("/simulator/receipts", { method: "POST", credentials: "same-origin", headers: { "HX-Request": "true" }, body: new URLSearchParams(new FormData(setup)) }).catch(() => { told = null; });
    }, 700);
  }

  // The simulator: choosing somebody, sending, staying at the end.
  document.addEventListener("click", (event) => {
    const stranger = event.target.closest("[data-stranger]");
    if (!stranger) return;
    $("#sim-from").value = stranger.dataset.stranger;
    $("#sim-name").value = stranger.dataset.strangerName;
    $("#sim-setup").requestSubmit();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest && event.target.closest("[data-simulator-composer]");
    const answer = form && event.detail.ctx.response && event.detail.ctx.response.raw;
    if (!answer || !answer.ok) return;
    $("#sim-text").value = "";
    $("#sim-text").focus();
  });
  document.addEventListener("htmx:after:swap", () => { const box = $("#sim-messages"); if (box) box.scrollTop = box.scrollHeight; });

  document.addEventListener("DOMContentLoaded", () => {
    const badge = $("#unread-badge");
    if (badge) parley.unread(Number(badge.dataset.count || 0));
    const box = $("#sim-messages");
    if (box) box.scrollTop = box.scrollHeight;
    connect();
  });
  parley.onReady(() => {
    const badge = $("#unread-badge");
    if (badge) parley.unread(Number(badge.dataset.count || 0));
  });
})();
