// Code and tables that are wider than the page scroll by themselves; this lets a keyboard reach them too.
for (const one of document.querySelectorAll("div.highlight pre, .table-wrapper")) {
  if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
}
