// For the pages of TypeDoc in this site (`make docs`): a way back to the book. They say in data-base where their own root is.
const title = document.querySelector(".tsd-page-toolbar .title");
if (title) {
  const back = document.createElement("a");
  const root = new URL(document.documentElement.dataset.base || "./", location.href);
  back.href = new URL("../typescript.html", root).href;
  back.textContent = "Documentation";
  back.className = "title";
  back.style.marginInlineStart = "1.5rem";
  title.after(back);
}
