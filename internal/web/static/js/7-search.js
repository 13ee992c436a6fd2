// The search over everything: Ctrl-K or Cmd-K from any page, or Search in the navigation.
// Arrows walk through what was found, Enter opens it, Escape closes.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  let timer = null, asked = 0;

  const dialog = () => $("#finder");
  const hits = () => all("#finder .hit");

  function open() {
    const box = dialog();
    if (!box || box.open) return;
    all("details[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
    box.showModal();
    $("input", box).select();
  }

  async function look() {
    const field = $("#finder input"), list = $("#finder-found"), turn = ++asked;
    const query = field.value.trim();
    const html = query ? await parley.fragment("/search?" + new URLSearchParams({ q: query })) : "";
    if (turn !== asked || html === null) return; // something newer was asked for, or the network is away
    const held = list.contains(document.activeElement);
    list.innerHTML = html;
    if (held) field.focus();
    const n = hits().length;
    $("#finder-said").textContent = !query ? "" : n === 0 ? "Nothing found" : n === 1 ? "1 result" : n + " results";
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-finder]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open();
    } else if (event.target === dialog()) {
      dialog().close(); // beside the box
    }
  });

  document.addEventListener("input", (event) => {
    if (!event.target.matches("#finder input")) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(look, 80);
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (!dialog()) return;
      event.preventDefault();
      if (dialog().open) dialog().close();
      else if (!$("dialog[open]")) open();
      return;
    }
    if (!event.target.closest || !event.target.closest("#finder") || event.isComposing) return;
    const field = $("#finder input"), list = hits(), at = list.indexOf(event.target.closest(".hit"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      if (next < 0 && at < 0) { if (list.length) list[list.length - 1].focus(); }
      else if (next < 0 || next >= list.length) field.focus();
      else list[next].focus();
    } else if (at >= 0 && !event.ctrlKey && !event.metaKey && !event.altKey && (event.key.length === 1 || event.key === "Backspace")) {
      field.focus(); // the key goes on with what was typed
    }
  });

  // Enter opens the first hit of what is typed now, not of what was typed before. It is the
  // form that tells, not the key: a phone's keyboard sends the form and no key.
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#finder")) return;
    event.preventDefault();
    enter();
  });

  async function enter() {
    window.clearTimeout(timer);
    await look();
    const first = hits()[0];
    if (first && dialog().open) first.click();
  }
})();
