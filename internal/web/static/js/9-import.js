// Bringing a file: dropping it, seeing how much of it is there. And the mark in the menu
// while an import runs.
(function () {
  "use strict";
  const { $ } = window.parley;

  const form = $("[data-upload]");
  if (form) {
    const zone = $("[data-drop-zone]", form), input = $("input[type=file]", form);
    const box = $("[data-upload-progress]", form), bar = $("progress", box), text = $("[role=status]", box);
    ["dragenter", "dragover"].forEach((name) => zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); }));
    ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => zone.classList.remove("over")));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // The server hangs up on what is too large, and a browser then knows no reason.
      if (input.files[0] && input.files[0].size > form.dataset.upload * 1048576) {
        failed("The file is larger than " + form.dataset.upload + " MB, which is the most that can be imported. Part it in two.");
        return;
      }
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.onprogress = (e) => {
        const percent = e.lengthComputable ? Math.round(100 * e.loaded / e.total) : 0;
        bar.value = percent;
        text.textContent = percent < 100 ? percent + " %" : "Reading the file…";
      };
      request.onload = () => {
        // A refusal is a page that says why; else this leads to the columns.
        if (request.status === 200) { location.href = request.responseURL; return; }
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const said = page.querySelector(".callout.bad p, main h1 + p, main p:not(.small)");
        failed(said ? said.textContent : "That did not work.");
      };
      request.onerror = () => failed("The connection was lost. Nothing of the file was kept.");
      box.hidden = false;
      $("button", form).disabled = true;
      request.send(new FormData(form));
    });
    const failed = (why) => {
      box.hidden = true;
      $("button", form).disabled = false;
      window.parley.notice(why);
    };
  }

  // What an answer replaces may hold the field that somebody is at.
  let at = null;
  document.addEventListener("htmx:before:swap", () => {
    const active = document.activeElement;
    at = active && active.closest("[data-keep-focus]") ? active.id : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    const again = at && document.getElementById(at);
    if (again) again.focus();
    const details = $("#reading");
    if (details && again && details.contains(again)) details.open = true;
  });

  let asked = false;
  window.parley.importMoved = async function () {
    if (asked || !$("#import-mark")) return;
    asked = true;
    const html = await window.parley.fragment("/imports/mark");
    asked = false;
    const mark = $("#import-mark");
    if (html !== null && mark) mark.replaceWith(window.parley.elements(html)[0]);
  };
})();
