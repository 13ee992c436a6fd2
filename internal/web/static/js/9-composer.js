// The composer beyond its text: files, quotes, reactions, emoji, saved replies, SMS parts.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  const form = () => $("#composer");
  const field = () => $("#composer-text");

  // What is known of the channel that is chosen.
  function channel() {
    const f = form(), choice = f && f.elements.channel_id;
    if (!choice) return null;
    const from = choice.selectedOptions ? choice.selectedOptions[0] : choice;
    return { id: choice.value, family: from.dataset.family, accept: from.dataset.accept, noFiles: from.dataset.noFiles };
  }

  // ---- Files: chosen, dropped or pasted. Each is taken at once or refused with the reason.
  async function attach(files) {
    const f = form(), list = $("#attachments"), ch = channel();
    if (!f || !list || !ch) return;
    if (ch.noFiles) { parley.notice(ch.noFiles); return; }
    for (const file of files) {
      const waits = document.createElement("li");
      waits.className = "attached";
      waits.textContent = file.name + " …";
      waits.dataset.waits = "1";
      list.append(waits);
      const body = new FormData();
      body.append("file", file, file.name || "picture.png");
      let html = null;
      try {
        const answer = await fetch(f.dataset.files + "?channel_id=" + encodeURIComponent(ch.id), { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
        if (answer.status === 200 || answer.status === 422) html = await answer.text();
        else if (answer.status === 413) parley.notice(file.name + " is larger than 100 MB, which is the most that any channel takes.");
      } catch (e) { /* said below */ }
      if (html === null && waits.isConnected) parley.notice(file.name + " could not be brought. Try again.");
      if (html !== null) waits.replaceWith(...parley.elements(html));
      else waits.remove();
    }
    const text = field();
    if (text) text.focus();
  }
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    let found;
    if (on("[data-attach]")) {
      const ch = channel(), picker = $("#composer-file");
      if (ch && ch.noFiles) { parley.notice(ch.noFiles); return; }
      picker.accept = ch ? ch.accept : "";
      picker.click();
    }
    if ((found = on("[data-detach]"))) {
      const item = found.closest("li");
      if (item.dataset.file) fetch(form().dataset.files + "/" + item.dataset.file + "/delete", { method: "POST", headers: { "HX-Request": "true" } });
      item.remove();
      field().focus();
    }
    if ((found = on("[data-emoji]"))) insert(found.dataset.emoji);
    if ((found = on("[data-quote]"))) quote(found.closest("[data-message]"));
    if (on("[data-unquote]")) unquote();
    if ((found = on("[data-react]"))) reactions(found.closest("[data-message]"));
    else if (!on(".react-menu")) all(".react-menu").forEach((menu) => menu.remove());
    if ((found = on("[data-insert]"))) choose(found);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "composer-file") return;
    attach(Array.from(event.target.files));
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    if (event.target.id !== "composer-text" || !event.clipboardData) return;
    const files = Array.from(event.clipboardData.files);
    if (!files.length) return;
    event.preventDefault();
    attach(files);
  });
  const dragged = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files") && event.target.closest && event.target.closest("#thread") && form();
  document.addEventListener("dragover", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    $(".composer-box").classList.add("drop");
  });
  ["dragleave", "drop", "dragend"].forEach((kind) => document.addEventListener(kind, (event) => {
    const box = $(".composer-box");
    if (box && (kind !== "dragleave" || !event.relatedTarget)) box.classList.remove("drop");
    if (kind === "drop" && dragged(event)) {
      event.preventDefault();
      attach(Array.from(event.dataTransfer.files));
    }
  }));
  // Files alone are something to send; one that is still on its way holds the answer back.
  parley.somethingToSend = () => !!$("#attachments [name=file]");
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.id === "composer" && $("#attachments [data-waits]")) {
      event.preventDefault();
      parley.notice("A file is still on its way. Send when it is there.");
    }
    // Only SMS is counted.
    if (event.target.id === "composer-text") {
      const ch = channel();
      if (!ch || ch.family !== "sms") event.preventDefault();
    }
  });
  parley.clearComposer = function () {
    const list = $("#attachments");
    if (list) list.replaceChildren();
    unquote();
    const count = $("#sms-count");
    if (count) count.replaceChildren();
  };

  // ---- Quotes.
  function quote(message) {
    const box = $("#quoting"), text = message && $(".text, .file, .media, audio", message);
    if (!box) return;
    const input = $("input", box);
    input.disabled = false;
    input.value = message.dataset.message;
    $("blockquote", box).textContent = text ? (text.textContent.trim() || "A file") : "A message";
    box.hidden = false;
    field().focus();
  }
  function unquote() {
    const box = $("#quoting");
    if (!box || box.hidden) return;
    const input = $("input", box);
    input.value = "";
    input.disabled = true;
    box.hidden = true;
    if (field()) field().focus();
  }

  // ---- Reactions: the same one again takes it back.
  const common = [["👍", "Thumbs up"], ["❤️", "Heart"], ["😂", "Laughing"], ["😮", "Astonished"], ["😢", "Sad"], ["🙏", "Thanks"]];
  function reactions(message) {
    const open = $(".react-menu", message);
    all(".react-menu").forEach((menu) => menu.remove());
    if (open) return;
    const menu = document.createElement("div");
    menu.className = "react-menu";
    menu.setAttribute("role", "group");
    menu.setAttribute("aria-label", "React with");
    common.forEach(([emoji, name]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = emoji;
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => react(message, emoji));
      menu.append(button);
    });
    $(".msg-acts", message).after(menu);
    menu.firstElementChild.focus();
  }
  async function react(message, emoji) {
    const id = message.dataset.message;
    const mine = all(".reaction", message).some((r) => r.title === "Your team" && r.firstChild.textContent === emoji);
    const body = new URLSearchParams({ emoji: mine ? "" : emoji });
    try {
      const answer = await fetch("/inbox/" + parley.openConversation() + "/messages/" + id + "/reaction", { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
      const html = await answer.text();
      if (answer.ok) { parley.replaceMessage(id, html); const again = $("#msg-" + CSS.escape(id) + " [data-react]"); if (again) again.focus(); return; }
      const box = $("#notices");
      if (box && answer.status < 500) { box.append(...parley.elements(html)); return; }
    } catch (e) { /* said below */ }
    parley.notice("The reaction was not sent. Try again.");
  }

  // ---- Text at the place of the cursor.
  function insert(text) {
    const f = field();
    if (!f) return;
    f.focus();
    f.setRangeText(text, f.selectionStart, f.selectionEnd, "end");
    f.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // ---- Saved replies: / in an empty answer, and what follows it filters.
  let asked = 0;
  async function offer() {
    const f = field(), box = $("#reply-box");
    if (!f || !box) return;
    const text = f.value;
    if (!text.startsWith("/") || text.includes("\n") || text.length > 60) { if (box.firstChild) box.replaceChildren(); return; }
    const turn = ++asked;
    const html = await parley.fragment(form().dataset.replies + "?q=" + encodeURIComponent(text.slice(1)));
    if (turn !== asked || html === null || field() !== f || f.value !== text) return;
    box.replaceChildren(...parley.elements(html));
    mark(0);
  }
  const options = () => all("#reply-choices [data-insert]");
  function mark(n) {
    const list = options();
    list.forEach((o, i) => o.setAttribute("aria-selected", String(i === n)));
    const f = field();
    if (list[n]) { f.setAttribute("aria-activedescendant", list[n].id); list[n].scrollIntoView({ block: "nearest" }); }
    else f.removeAttribute("aria-activedescendant");
  }
  function close() {
    const box = $("#reply-box");
    if (box) box.replaceChildren();
    if (field()) field().removeAttribute("aria-activedescendant");
  }
  function choose(option) {
    const f = field();
    f.value = option.dataset.insert;
    close();
    f.focus();
    f.setSelectionRange(f.value.length, f.value.length);
    f.dispatchEvent(new Event("input", { bubbles: true }));
  }
  document.addEventListener("input", (event) => { if (event.target.id === "composer-text") offer(); });
  // Before the key that sends: Enter chooses while there is something to choose.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = $(".react-menu");
      if (menu) { const back = $("[data-react]", menu.parentElement); menu.remove(); if (back) back.focus(); event.stopPropagation(); return; }
    }
    if (event.target.id !== "composer-text") return;
    const list = options();
    if (!list.length) { if (event.key === "Escape" && $("#quoting") && !$("#quoting").hidden) { unquote(); event.stopPropagation(); } return; }
    const at = list.findIndex((o) => o.getAttribute("aria-selected") === "true");
    const act = { ArrowDown: () => mark((at + 1) % list.length), ArrowUp: () => mark((at - 1 + list.length) % list.length), Enter: () => choose(list[Math.max(at, 0)]), Tab: () => choose(list[Math.max(at, 0)]), Escape: close }[event.key];
    if (!act || event.isComposing || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    chosen = event.key === "Enter";
    act();
  }, true);
  // The key that chose writes no line break, whichever way its character comes.
  let chosen = false;
  document.addEventListener("keypress", (event) => { if (chosen && event.key === "Enter") event.preventDefault(); }, true);
  document.addEventListener("keyup", () => { chosen = false; }, true);

  // ---- The channel decides what is counted and what can be quoted.
  function adapt() {
    const ch = channel(), count = $("#sms-count");
    if (count) {
      count.hidden = !ch || ch.family !== "sms";
      const f = field();
      if (!count.hidden && f && f.value) f.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (ch && ch.family !== "whatsapp") unquote();
  }
  document.addEventListener("change", (event) => { if (event.target.id === "composer-channel") adapt(); });
  let shown = null;
  parley.onReady(() => {
    const f = form();
    if (f === shown) return;
    shown = f;
    const count = $("#sms-count"), ch = channel();
    if (count) count.hidden = !ch || ch.family !== "sms";
  });
})();
