// Takes an answer out of the fragment of the address, which no server sees, and submits it.
"use strict";
if (location.hash.length > 1) {
  const form = document.getElementById("fragment");
  form.elements.namedItem("fragment").value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  form.submit();
}
