// Tells a frame of another site whether the session is still the one that the site knows (OIDC Session Management §3.2). It
// answers to the very origin that asks, about that origin alone.
"use strict";
{
  const cookie = document.currentScript.dataset.cookie + "=";

  const state = () => {
    const found = document.cookie.split("; ").find((one) => one.startsWith(cookie));
    return found ? found.slice(cookie.length) : "";
  };

  const hash = async (text) => {
    const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return btoa(String.fromCharCode(...new Uint8Array(sum))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  // A browser that hides our cookies from us leaves nothing to say: "changed" would make the site ask for ever.
  const hidden = async () => document.hasStorageAccess !== undefined && !(await document.hasStorageAccess());

  const judge = async (message, origin) => {
    const parts = /^(.+) ([\w-]+)\.([\w-]+)$/.exec(message);
    if (!parts || await hidden()) return "error";
    const [, client, sum, salt] = parts;
    // No answer of ours was ever about nobody: to confirm one would tell every site whether somebody is signed in here.
    if (state() === "") return "changed";
    return await hash([client, origin, state(), salt].join(" ")) === sum ? "unchanged" : "changed";
  };

  addEventListener("message", async ({ data, origin, source }) => {
    if (source === null || !/^https?:/.test(origin)) return;
    source.postMessage(await judge(String(data), origin).catch(() => "error"), origin);
  });
}
