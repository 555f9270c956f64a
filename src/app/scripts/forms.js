// A form is sent once, however often its button is pressed, and the button shows that it was.
const GIVES_UP = 20000; // in milliseconds: by then the page is another one, or it never will be
const DOWNLOADS = 2000; // a file leaves the page as it is
const release = (form) => {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
};
addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = "";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(release, event.submitter?.dataset.download === undefined ? GIVES_UP : DOWNLOADS, form);
  },
  { capture: true },
);
// A page that the browser had kept aside comes back as it was left.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

// Whoever leaves a page is asked first if what they typed on it would be lost.
const typedInto = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
const guarded = [...document.querySelectorAll("form[data-guard]")].map((form) => [form, form.dataset.guard || typedInto(form)]);
addEventListener("beforeunload", (event) => {
  const isUnsaved = ([form, first]) => form.dataset.sent === undefined && typedInto(form) !== first;
  if (!guarded.some(isUnsaved)) return;
  event.preventDefault();
  // Whoever stays may press the button again; while they are asked, no time passes here.
  setTimeout(() => document.querySelectorAll("form[data-sent]").forEach(release), 1000);
});
