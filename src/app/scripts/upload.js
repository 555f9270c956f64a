// A file on its way shows how far it is, and one that is too large does not set out.
for (const form of document.querySelectorAll("form[enctype='multipart/form-data']")) {
  const progress = form.querySelector("progress");
  const end = (sentence) => {
    progress.hidden = true;
    release(form);
    say(sentence);
  };
  form.addEventListener("submit", (event) => {
    const file = form.querySelector("input[type=file]").files[0];
    if (event.defaultPrevented || !file) return; // without a file the server has something to say
    event.preventDefault();
    if (file.size > progress.dataset.most) return end(progress.dataset.tooLarge);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.upload.onprogress = ({ loaded, total }) => (progress.value = loaded / total);
    request.onload = () => (request.status === 200 ? location.assign(request.responseURL) : end(progress.dataset.failed));
    request.onerror = () => end(progress.dataset.failed);
    progress.value = 0;
    progress.hidden = false;
    request.send(new FormData(form));
  });
}
