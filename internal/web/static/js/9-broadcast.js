// Broadcasts: merge fields into the text, another channel or template at once, and the bar
// that moves.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;

  // Where somebody writes, a merge field is put in.
  let last = null;
  document.addEventListener("focusin", (event) => {
    const form = event.target.closest("#broadcast-form");
    if (form && (event.target.name === "text" || (event.target.name || "").startsWith("var."))) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#broadcast-form [data-merge]");
    if (!button) return;
    const field = last && last.isConnected ? last : $('#broadcast-form [name="text"], #broadcast-form [name^="var."]');
    if (!field) return;
    field.setRangeText(button.dataset.merge, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  // What fits a channel or a template is asked for as soon as it is chosen.
  document.addEventListener("change", (event) => {
    const field = event.target.closest('#broadcast-form [name="channel_id"], #broadcast-form [name="template"]');
    const again = field && $("[data-again]", field.closest(".fields"));
    if (again) again.click();
  });
  parley.onReady(() => all("#broadcast-form [data-again]").forEach((button) => { button.hidden = true; }));

  // The bar is looked at again when there is news of it, at most once a second.
  let timer = null;
  parley.broadcastMoved = function (id, kind) {
    const page = $("[data-broadcast]"), part = $("#broadcast-progress[hx-get]");
    if (!page || page.dataset.broadcast !== id) return;
    if (!part && kind === "broadcast.started") location.href = "/broadcasts/" + id; // it began while somebody looked it over
    if (!part) return;
    if (!timer) timer = window.setTimeout(() => { timer = null; const now = $("#broadcast-progress"); if (now) now.dispatchEvent(new Event("broadcast")); rows(); }, 700);
  };

  // The rows stay as they are while somebody is at one of them.
  async function rows() {
    const body = $("#broadcast-people");
    if (!body || body.contains(document.activeElement)) return;
    const html = await parley.fragment(location.pathname + "/rows" + location.search);
    if (html !== null && body.isConnected && !body.contains(document.activeElement)) body.innerHTML = html;
  }
})();
