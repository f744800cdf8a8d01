"use strict";
const form = document.getElementById("setup");
const told = document.getElementById("told");
const token = window.location.hash.slice(1);
// The address bar and the history need not keep the token.
window.history.replaceState(null, "", window.location.pathname);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) {
    told.textContent = "The two passwords differ.";
    return;
  }
  try {
    const reply = await fetch("/auth/dashboard-setup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, password }),
    });
    const answer = await reply.json();
    told.textContent = reply.ok ? "The password is set. Log in with it." : answer.error;
    form.hidden = reply.ok;
  } catch {
    told.textContent = "The gateway gave no answer.";
  }
});
