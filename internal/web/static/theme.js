// The theme is set before the page is painted, so that nothing flashes. "light" or "dark"
// when the reader chose, else what the system prefers.
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var chosen = null;
    try { chosen = localStorage.getItem("theme"); } catch (e) { /* storage is off */ }
    var on = chosen ? chosen === "dark" : dark.matches;
    root.classList.toggle("dark", on);
    root.classList.add("js");
  }
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.parleyTheme = function () {
    var next = root.classList.contains("dark") ? "light" : "dark";
    try { localStorage.setItem("theme", next); } catch (e) { root.classList.toggle("dark"); return; }
    apply();
  };
})();
