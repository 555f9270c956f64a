// Says at a password's field that Caps Lock is on.
for (const hint of document.querySelectorAll("[data-caps-of]")) {
  const field = document.getElementById(hint.dataset.capsOf);
  const look = (event) => {
    hint.textContent = event.getModifierState?.("CapsLock") ? hint.dataset.said : "";
  };
  field.addEventListener("keydown", look);
  field.addEventListener("keyup", look);
  field.addEventListener("blur", () => (hint.textContent = ""));
}
