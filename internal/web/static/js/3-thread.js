// The open thread: where it is scrolled, older messages, days, drafts, the composer.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  let shown = null; // id of the conversation whose thread was set up

  const box = () => $("#messages");
  parley.openConversation = () => ($("#thread") && $("#thread").dataset.conversation) || "";

  function atEnd() {
    const b = box();
    return !b || b.scrollHeight - b.scrollTop - b.clientHeight < 80;
  }
  parley.toEnd = () => { const b = box(); if (b) b.scrollTop = b.scrollHeight; };

  // A day is written above its first message, and once.
  function days() {
    const b = box();
    if (!b) return;
    all(".day", b).forEach((day) => day.remove());
    let on = "";
    all("[data-message]", b).forEach((message) => {
      if (message.dataset.day === on) return;
      on = message.dataset.day;
      const day = document.createElement("div");
      day.className = "day";
      day.textContent = message.dataset.dayLabel;
      message.before(day);
    });
  }

  // The server's order: by time, then by id.
  function later(a, b) {
    const by = Number(a.dataset.at) - Number(b.dataset.at);
    return by > 0 || (by === 0 && a.dataset.message > b.dataset.message);
  }

  // Puts messages where their time says; what is there already stays.
  function place(list) {
    const b = box();
    const fresh = list.filter((el) => el.dataset.message && !document.getElementById(el.id));
    if (!fresh.length) return fresh;
    const old = all("[data-message]", b);
    let at = old.length - 1;
    fresh.reverse().forEach((el) => {
      while (at >= 0 && later(old[at], el)) at--;
      const next = at + 1 < old.length ? old[at + 1] : null;
      if (next) next.before(el);
      else b.append(el);
      old.splice(at + 1, 0, el);
      window.htmx.process(el);
    });
    days();
    return fresh;
  }

  // Older messages come in above without moving what is being read.
  const watcher = new IntersectionObserver((entries) => {
    entries.filter((e) => e.isIntersecting).forEach((e) => older(e.target));
  }, { rootMargin: "400px", scrollMargin: "400px" });

  async function older(mark) {
    watcher.unobserve(mark);
    const html = await parley.fragment(mark.dataset.older);
    if (!mark.isConnected) return;
    if (html === null) {
      window.setTimeout(() => mark.isConnected && watcher.observe(mark), 3000);
      return;
    }
    const b = box();
    const list = parley.elements(html), next = list.find((el) => el.dataset.older);
    // What is read stays where it is: we keep it there ourselves, not the browser too.
    const edge = b.getBoundingClientRect().top;
    const held = all("[data-message]", b).find((el) => el.getBoundingClientRect().bottom > edge);
    const before = held ? held.getBoundingClientRect().top : 0;
    b.style.overflowAnchor = "none";
    if (next) mark.replaceWith(next);
    else mark.remove();
    place(list);
    if (held) b.scrollTop += held.getBoundingClientRect().top - before;
    window.requestAnimationFrame(() => window.requestAnimationFrame(() => { b.style.overflowAnchor = ""; }));
    if (next) watcher.observe(next);
  }

  // New messages go to the end. Who reads further up is told, not moved.
  parley.addMessages = function (html) {
    const b = box();
    if (!b) return;
    const follow = atEnd();
    if (!place(parley.elements(html)).length) return;
    if (follow) parley.toEnd();
    else below(true);
  };

  function below(yes) {
    let button = $("#new-below");
    if (!yes) { if (button) button.remove(); return; }
    if (button || !$("#composer")) return;
    button = document.createElement("button");
    button.id = "new-below";
    button.type = "button";
    button.className = "btn new-below";
    button.dataset.size = "sm";
    button.textContent = "New messages ↓";
    button.addEventListener("click", () => { parley.toEnd(); below(false); });
    $("#composer").append(button);
  }

  // A message that changed takes the place of what it was: ticks, reactions.
  parley.replaceMessage = function (id, html) {
    const old = document.getElementById("msg-" + id);
    const fresh = parley.elements(html)[0];
    if (!old || !fresh) return;
    const follow = atEnd();
    old.replaceWith(fresh);
    window.htmx.process(fresh);
    if (follow) parley.toEnd();
  };

  // Drafts outlive another conversation and a reload of this tab.
  const key = (id) => "draft:" + id;
  function keep(id, text) {
    try {
      if (text) sessionStorage.setItem(key(id), text);
      else sessionStorage.removeItem(key(id));
    } catch (e) { /* storage is off or full: the text stays in the field */ }
  }
  document.addEventListener("input", (event) => {
    if (event.target.id === "composer-text") keep(event.target.form.dataset.draft, event.target.value);
  });

  // Each channel may refuse for a reason of its own (V6).
  function channel() {
    const form = $("#composer");
    if (!form || !form.elements.channel_id) return;
    const id = form.elements.channel_id.value;
    let refused = false;
    all("[data-refusal]", form).forEach((note) => {
      note.hidden = note.dataset.refusal !== id;
      if (!note.hidden) refused = true;
    });
    const send = $("button.btn:not(#new-below)", form);
    if (send) send.disabled = refused;
    const select = $("#composer-channel"), templates = $("[data-templates]", form);
    if (select && templates) templates.hidden = select.selectedOptions[0].dataset.family !== "whatsapp";
  }
  document.addEventListener("change", (event) => {
    if (event.target.id !== "composer-channel") return;
    channel();
    // Where nothing but a template may go, templates are offered at once (V6).
    const templates = $("[data-templates]");
    $("#template-box").replaceChildren();
    if (templates && $("[data-window]:not([hidden])", event.target.form)) templates.click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "composer-text" && event.target.id !== "sim-text") return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const send = $("button:not([type=button])", event.target.form);
    if ((event.target.value.trim() || (event.target.id === "composer-text" && parley.somethingToSend())) && send && !send.disabled) event.target.form.requestSubmit(send);
  });

  // An answer that was taken empties the field and appears; one that was refused stays.
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.id === "composer" && !$("#composer-text").value.trim() && !parley.somethingToSend()) event.preventDefault();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target;
    if (form.id !== "composer") return;
    const ctx = event.detail.ctx;
    const answer = ctx.response && ctx.response.raw;
    if (!answer || !answer.ok) return;
    const field = $("#composer-text");
    field.value = "";
    parley.clearComposer();
    keep(form.dataset.draft, "");
    all(".callout.bad", form).forEach((note) => note.remove());
    if (ctx.text) parley.addMessages(ctx.text);
    parley.toEnd();
    field.focus();
  });

  // A template that was taken appears, and its form goes; one that was refused stays.
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest && event.target.closest("form[data-sends]");
    if (!form || event.target !== form) return;
    const ctx = event.detail.ctx, answer = ctx.response && ctx.response.raw;
    if (!answer || !answer.ok) return;
    if (ctx.text) parley.addMessages(ctx.text);
    parley.toEnd();
    closeTemplate();
  });
  function closeTemplate() {
    const box = $("#template-box");
    if (box) box.replaceChildren();
    const back = $("[data-templates]") || $("#composer-text");
    if (back) back.focus();
  }
  document.addEventListener("click", (event) => { if (event.target.closest("[data-close-template]")) closeTemplate(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest && event.target.closest(".template-form")) closeTemplate();
  });

  // Setting up a thread that was just opened.
  parley.onReady(function () {
    const id = parley.openConversation();
    const inbox = $("#inbox");
    if (inbox) inbox.toggleAttribute("data-open", id !== "");
    const mark = $("#messages > [data-older]");
    if (id === shown) return;
    if (shown) parley.rowChanged(shown); // it may have left the view while it was open
    shown = id;
    all("#rows a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
    const row = $("#conv-" + CSS.escape(id || "none") + " > a");
    if (row) {
      row.setAttribute("aria-current", "true");
      row.parentElement.classList.remove("unread");
      all(".dot, .dot + .sr-only", row).forEach((el) => el.remove());
    }
    days();
    parley.toEnd();
    // Pictures that load later must not push the end out of sight.
    all("#messages img").forEach((img) => img.addEventListener("load", () => { if (atEnd()) parley.toEnd(); }, { once: true }));
    channel();
    const field = $("#composer-text");
    if (field && !field.value) {
      try { field.value = sessionStorage.getItem(key(id)) || ""; } catch (e) { /* storage is off */ }
    }
    if (mark) window.setTimeout(() => watcher.observe(mark), 100);
    const b = box();
    if (b) b.addEventListener("scroll", () => { if (atEnd()) below(false); }, { passive: true });
  });

  // The contact beside the thread: shown over it where there is no room.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-panel]")) return;
    const panel = $("#panel");
    const on = panel.toggleAttribute("data-shown");
    all(".panel-toggle").forEach((b) => b.setAttribute("aria-expanded", String(on)));
    if (on) panel.querySelector("button, input").focus();
  });

  // A form that was changed shows how to save it, and is left alone by live updates.
  const dirty = (event) => {
    const form = event.target.closest && event.target.closest("form[data-track]");
    if (form) form.dataset.dirty = "1";
  };
  document.addEventListener("input", dirty);
  document.addEventListener("change", dirty);
})();
