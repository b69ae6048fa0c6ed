// Submits the form of a form_post answer. A field may be called "submit", so the method is taken from the prototype.
"use strict";
HTMLFormElement.prototype.submit.call(document.getElementById("form-post"));
