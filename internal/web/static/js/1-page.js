// Small things of every page: theme, menus, copying, confirmation, notices, and lists that
// go on as one scrolls.
(function () {
  "use strict";
  const $ = (selector, root) => (root || document).querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // What other files of ours need.
  const parley = (window.parley = { $, all });

  // Says something in the corner, such as that the network is away.
  parley.notice = function (text) {
    const box = $("#notices"), form = $("#notice-template");
    if (!box || !form) return;
    const note = form.content.firstElementChild.cloneNode(true);
    $("p", note).textContent = text;
    box.append(note);
    window.setTimeout(() => note.remove(), 9000);
  };

  // Asks for a fragment. Answers null when it is not there any more or the network is away.
  parley.fragment = async function (url) {
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, credentials: "same-origin" });
      if (answer.status === 401 || answer.redirected) { location.reload(); return null; }
      if (!answer.ok || answer.status === 204) return null;
      return await answer.text();
    } catch (e) {
      return null;
    }
  };

  // Makes elements of a fragment, rows of a table among them.
  parley.elements = function (html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    return Array.from(box.content.children);
  };

  parley.typing = function (target) {
    return !!target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  };

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    let found;
    if (on("[data-theme-toggle]")) window.parleyTheme();
    if (on("[data-help]")) parley.help();
    if ((found = on("[data-dismiss]"))) found.closest(".notice").remove();
    if ((found = on("[data-copy]"))) copy(found);
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target) || (on(".menu-item") && menu.contains(event.target))) menu.removeAttribute("open");
    });
  });

  parley.help = function () {
    const dialog = $("#help");
    if (dialog && !dialog.open) dialog.showModal();
  };

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch (e) {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    const label = button.lastChild, before = label.textContent;
    label.textContent = "Copied";
    window.setTimeout(() => { label.textContent = before; }, 1500);
  }

  // A menu closes with Escape and is walked with the arrows.
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest && event.target.closest("details[data-menu][open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.removeAttribute("open");
      $("summary", menu).focus();
      event.stopPropagation();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = all(".menu-item", menu);
    if (!items.length || (parley.typing(event.target) && event.target.type !== "radio")) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(at + step + items.length) % items.length].focus();
  });

  // Questions before what cannot be undone.
  document.addEventListener("submit", (event) => {
    const asker = event.submitter && event.submitter.dataset.confirm ? event.submitter : event.target;
    if (asker.dataset && asker.dataset.confirm && !window.confirm(asker.dataset.confirm)) event.preventDefault();
  });

  // "Only the people chosen here" shows the people.
  function reveal() {
    all("[data-reveals]").forEach((radio) => {
      const box = document.getElementById(radio.dataset.reveals);
      if (box) box.hidden = !radio.checked;
    });
  }
  document.addEventListener("change", reveal);

  // Lists that go on: [data-more] holds the address of what follows and is replaced by it.
  const watcher = new IntersectionObserver((entries) => {
    entries.filter((e) => e.isIntersecting).forEach((e) => more(e.target));
  }, { rootMargin: "600px", scrollMargin: "600px" });

  async function more(mark) {
    watcher.unobserve(mark);
    const html = await parley.fragment(mark.dataset.more);
    if (!mark.isConnected) return;
    if (html === null) {
      window.setTimeout(() => mark.isConnected && watcher.observe(mark), 3000);
      return;
    }
    const fresh = parley.elements(html).filter((el) => !el.id || !document.getElementById(el.id));
    mark.replaceWith(...fresh);
    fresh.forEach((el) => window.htmx.process(el));
    parley.ready();
  }

  // Filters of a table are kept in the address without a new page, and the number of rows
  // is brought up to date.
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest && event.target.closest("[data-filters]");
    if (!form) return;
    const query = new URLSearchParams(new FormData(form));
    Array.from(query.entries()).forEach(([key, value]) => { if (!value) query.delete(key, value); });
    history.replaceState(null, "", form.getAttribute("action") + (query.size ? "?" + query : ""));
    all("[name=query][value], [data-query]").forEach((field) => { field.value = query.toString(); });
  });
  document.addEventListener("htmx:after:swap", () => {
    const mark = $("[data-total]"), total = $("#contacts-total");
    if (mark && total) total.textContent = mark.dataset.total;
    if (mark) mark.remove();
  });

  // What leads to the same list in another way takes along what is being searched for.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-keeps-search]"), field = $("#filters [name=q]");
    if (!link || !field) return;
    const to = new URL(link.href);
    if (field.value) to.searchParams.set("q", field.value);
    else to.searchParams.delete("q");
    link.href = to.pathname + to.search;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-keeps-search]"), field = $("#filters [name=q]");
    if (!form) return;
    all("[name=q], [name=sort]", form).forEach((old) => old.remove());
    ["q", "sort"].forEach((name) => {
      const now = $("#filters [name=" + name + "]");
      if (!now || !now.value) return;
      const kept = document.createElement("input");
      kept.type = "hidden"; kept.name = name; kept.value = now.value;
      form.append(kept);
    });
    all("input, select", form).forEach((control) => { if (!control.value) control.disabled = true; });
  });

  // A fragment that could not be had says so; nothing on the page is lost.
  document.addEventListener("htmx:error", () => parley.notice("The server cannot be reached. Nothing you typed is lost; try again in a moment."));
  document.addEventListener("htmx:response:error", (event) => {
    const raw = event.detail.ctx.response.raw;
    if (raw.status >= 500) parley.notice(raw.status === 503 ? "The server is busy or starting. Try again in a moment." : "Something went wrong at our side and has been written down. Try again.");
    if (raw.status === 401) location.reload();
  });

  // Runs after every change of the page; other files add to it.
  const hooks = [];
  parley.onReady = (hook) => { hooks.push(hook); };
  parley.ready = function () {
    all("[data-more]").forEach((mark) => watcher.observe(mark));
    reveal();
    hooks.forEach((hook) => hook());
  };
  document.addEventListener("htmx:after:swap", () => parley.ready());
  document.addEventListener("DOMContentLoaded", () => {
    parley.ready();
    // What was just done has been read after a while; its address need not say it again.
    all("#notices .notice.good").forEach((note) => window.setTimeout(() => note.remove(), 5000));
    const here = new URL(location.href);
    if (here.searchParams.has("said")) {
      here.searchParams.delete("said");
      history.replaceState(history.state, "", here);
    }
  });
})();
