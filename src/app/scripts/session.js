// Tells an open tab that its session has ended, and leaves what is typed alone. One tab of the browser listens for
// all: whichever holds the lock.
const box = document.getElementById("session-ended");
const channel = new BroadcastChannel("vestibule-session");
const tell = (end) => {
  if (end.session !== box?.dataset.session) return;
  box.firstElementChild.textContent = end.told;
  box.hidden = false;
};
channel.onmessage = (message) => tell(message.data);
const listen = () =>
  new Promise((done) => {
    const source = new EventSource("/events");
    source.addEventListener("ended", (event) => {
      source.close();
      const end = JSON.parse(event.data);
      tell(end);
      channel.postMessage(end);
      done();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) done();
    };
  });
if (box) navigator.locks?.request("vestibule-events", listen);

// The list of sessions stays true while somebody looks at it: it is fetched anew when its tab is looked at again, and now and then.
// Parsed by the request itself, it passes no string to the page.
const EVERY = 10000; // in milliseconds
const shown = (list) => [...list.querySelectorAll("[id]")].map((facts) => facts.id).join();
const refresh = () => {
  const list = document.getElementById("sessions");
  if (document.hidden || !box || !box.hidden || !list || list.contains(document.activeElement)) return;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.onload = () => {
    const fresh = request.response?.getElementById("sessions");
    if (!fresh || fresh.isEqualNode(list) || list.contains(document.activeElement)) return;
    list.replaceWith(document.adoptNode(fresh));
    if (shown(fresh) !== shown(list)) say(fresh.dataset.changed);
  };
  request.send();
};
document.addEventListener("visibilitychange", refresh);
if (document.getElementById("sessions")) setInterval(refresh, EVERY);
