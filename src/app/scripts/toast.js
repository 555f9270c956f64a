// Says a sentence to those who see the page and to those who hear it.
const toast = document.getElementById("toast");
let hush;
const say = (sentence) => {
  toast.textContent = sentence;
  toast.className = "toast";
  clearTimeout(hush);
  hush = setTimeout(() => {
    toast.textContent = "";
    toast.className = "visually-hidden";
  }, 6000);
};

// What stands on a page from the beginning, no screen reader announces: it is said once more, to be heard only.
const news = document.querySelector(".notice[role=status]");
if (news) {
  setTimeout(() => (toast.textContent = news.textContent), 150);
  hush = setTimeout(() => (toast.textContent = ""), 3000);
}
