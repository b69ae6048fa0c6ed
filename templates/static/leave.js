// Leaves a page when its frames have loaded, or after a while.
"use strict";
{
  let left = false;
  const leave = () => {
    if (left) return;
    left = true;
    location.replace(document.getElementById("continue").href);
  };
  addEventListener("load", leave);
  setTimeout(leave, 5000);
}
