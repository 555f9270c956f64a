// Tells an open tab that its session has ended, and leaves what is typed alone. One tab of the browser listens for
// all: whichever holds the lock.
const box = document.getElementById("session-ended");
const channel = new BroadcastChannel("vestibule-session");
const tell = (news) => {
  if (news.session !== box.dataset.session) return;
  box.firstElementChild.textContent = news.told;
  box.hidden = false;
};
channel.onmessage = (message) => tell(message.data);
const listen = () =>
  new Promise((done) => {
    const source = new EventSource("/events");
    source.addEventListener("ended", (event) => {
      source.close();
      const news = JSON.parse(event.data);
      tell(news);
      channel.postMessage(news);
      done();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) done();
    };
  });
navigator.locks?.request("vestibule-events", listen);

// The list of sessions is fetched anew when its tab is looked at again. Parsed by the request itself, it passes no
// string to the page.
const refresh = () => {
  const list = document.getElementById("sessions");
  if (document.hidden || !box.hidden || !list || list.contains(document.activeElement)) return;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.onload = () => {
    const fresh = request.response?.getElementById("sessions");
    if (fresh && !fresh.isEqualNode(list)) list.replaceWith(document.adoptNode(fresh));
  };
  request.send();
};
document.addEventListener("visibilitychange", refresh);
