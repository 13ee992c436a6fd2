// The keyboard in the inbox: j k next and previous, r answer, t take, a assign, c close,
// o reopen, / search, ? help. A key is never taken while somebody types.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;

  function step(by) {
    const links = all("#rows > .conv > a");
    if (!links.length) return;
    const at = links.findIndex((a) => a.hasAttribute("aria-current"));
    const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    if (!next.hasAttribute("aria-current")) next.click();
  }

  function press(selector) {
    const button = $(selector);
    if (button) button.click();
    return !!button;
  }

  // What a details element hid can take the focus only once it has been laid out, which a
  // busy machine does some frames later; and its header may have given way by then.
  function openAssign() {
    const menu = $("#thread-header [data-assign]");
    if (!menu) return;
    menu.setAttribute("open", "");
    window.setTimeout(focusMenu, 20, 50);
  }

  function focusMenu(tries) {
    const item = $("#thread-header [data-assign][open] .menu-item");
    if (!item) return;
    item.focus();
    if (document.activeElement !== item && tries > 0) window.setTimeout(focusMenu, 20, tries - 1);
  }

  // A menu that is open stays open when its header gives way to another: the answer to
  // "take" may come after the next key. Choosing from it closes it before any answer.
  const headers = new MutationObserver((changes) => {
    const gone = changes.flatMap((change) => Array.from(change.removedNodes)).find((el) => el.id === "thread-header");
    if (gone && $("[data-assign][open]", gone)) openAssign();
  });
  let watched = null;
  parley.onReady(() => {
    const thread = $("#thread");
    if (thread === watched) return;
    headers.disconnect();
    watched = thread;
    if (thread) headers.observe(thread, { childList: true });
  });

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    r: () => { const field = $("#composer-text"); if (field) field.focus(); },
    t: () => press('#thread-header [data-key="t"]'),
    c: () => press('#thread-header [data-key="c"]'),
    o: () => press('#thread-header [data-key="o"]'),
    a: openAssign,
    "/": () => { const field = $("#search"); if (field) { field.focus(); field.select(); } },
    "?": () => parley.help(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && parley.typing(event.target)) { event.target.blur(); return; }
    if (parley.typing(event.target) || $("dialog[open]")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
