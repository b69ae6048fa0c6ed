// Passkeys. Forms with data-passkey ask for one, forms with data-passkey-new make one; the server gives the challenge when it is needed.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// challenge fetches options, and makes of them what the browser wants.
const challenge = async (address) => {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error("no challenge");
  const { options, ceremony } = await answer.json();
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const one of list || []) one.id = toBytes(one.id);
  }
  return { options, ceremony };
};

// answerOf is what a credential says, in JSON.
const answerOf = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id, rawId: toText(credential.rawId), type: credential.type, response, clientExtensionResults: {},
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
  });
};

const send = (form, ceremony, credential) => {
  form.elements.ceremony.value = ceremony;
  form.elements.passkey.value = answerOf(credential);
  form.submit();
};

// A person who turns away is no fault; what else fails is said.
const failed = (form, error) => {
  if (error.name === "AbortError") return;
  const words = form.querySelector("[data-passkey-problem]");
  if (words) words.hidden = false;
};

let waiting;

// ask shows the browser's own dialogue.
const ask = async (form) => {
  if (waiting) waiting.abort();
  try {
    const { options, ceremony } = await challenge(form.dataset.passkey);
    send(form, ceremony, await navigator.credentials.get({ publicKey: options }));
  } catch (error) { failed(form, error); }
};

// offer lets the browser propose passkeys beside the name's field, with a new challenge before the old one ends.
const offer = async (form) => {
  if (!PublicKeyCredential.isConditionalMediationAvailable || !(await PublicKeyCredential.isConditionalMediationAvailable())) return;
  for (;;) {
    waiting = new AbortController();
    const { signal } = waiting;
    const timer = setTimeout(() => waiting.abort("again"), 100000);
    try {
      const { options, ceremony } = await challenge(form.dataset.passkey);
      send(form, ceremony, await navigator.credentials.get({ publicKey: options, mediation: "conditional", signal }));
      return;
    } catch (error) {
      if (signal.reason !== "again") return;
    } finally { clearTimeout(timer); }
  }
};

// make has the device make a passkey.
const make = async (form) => {
  try {
    const { options, ceremony } = await challenge(form.dataset.passkeyNew);
    send(form, ceremony, await navigator.credentials.create({ publicKey: options }));
  } catch (error) { failed(form, error); }
};

// upgrade lets the browser make a passkey beside the password that was just used, without a question. Whatever comes of it, and if nothing
// does in time, the way goes on.
const upgrade = async (form) => {
  const control = new AbortController();
  let gone = false;
  const leave = () => {
    if (gone) return;
    gone = true;
    control.abort();
    location.replace(document.getElementById("continue").href);
  };
  setTimeout(leave, 4000);
  try {
    const { options, ceremony } = await challenge(form.dataset.passkeyUpgrade);
    const made = await navigator.credentials.create({ publicKey: options, mediation: "conditional", signal: control.signal });
    if (gone) return;
    gone = true;
    send(form, ceremony, made);
  } catch { leave(); }
};

// tell lets whoever keeps passkeys for the browser know which there are, and what their owner is called. Nobody needs to listen.
const tell = (what, about) => {
  const listener = PublicKeyCredential[what];
  if (listener) listener.call(PublicKeyCredential, about).catch(() => {});
};

if (window.PublicKeyCredential) {
  for (const { dataset } of document.querySelectorAll("[data-passkey-unknown]")) tell("signalUnknownCredential", JSON.parse(dataset.passkeyUnknown));
  for (const { dataset } of document.querySelectorAll("[data-passkeys-known]")) {
    const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(dataset.passkeysKnown);
    tell("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
    tell("signalCurrentUserDetails", { rpId, userId, name, displayName });
  }
  for (const field of document.querySelectorAll("[data-passkey-capable]")) {
    if (!PublicKeyCredential.getClientCapabilities) break;
    PublicKeyCredential.getClientCapabilities().then((can) => { if (can.conditionalCreate) field.value = "1"; }, () => {});
  }
  for (const form of document.querySelectorAll("[data-passkey-upgrade]")) upgrade(form);
  for (const form of document.querySelectorAll("[data-passkey], [data-passkey-new]")) {
    const act = form.dataset.passkey ? ask : make;
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); act(form); });
    if (form.dataset.conditional !== undefined) offer(form);
  }
}
