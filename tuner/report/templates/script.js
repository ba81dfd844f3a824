"use strict";
// The page is complete without this: it sorts and filters long tables, and opens what is folded for printing.
function value(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = Number(text.replace(/,/g, "").replace(/ ?%$/, ""));
  return text === "" || text === "–" ? null : Number.isNaN(number) ? text : number;
}
function order(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
}
function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  const rows = [...body.rows].map((row, place) => ({ row, place, value: value(row, column) }));
  rows.sort((a, b) => {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.place - b.place;
    return (down ? -1 : 1) * order(a.value, b.value) || a.place - b.place;
  });
  heads.forEach((head, place) => head.setAttribute("aria-sort", place !== column ? "none" : down ? "descending" : "ascending"));
  body.append(...rows.map((one) => one.row));
}
function filter(table, box) {
  const label = document.createElement("label"), input = document.createElement("input"), count = document.createElement("span");
  const about = table.caption.id + "-filter", rows = [...table.tBodies[0].rows];
  label.textContent = "Rows with";
  label.htmlFor = input.id = about;
  input.type = "search";
  count.setAttribute("role", "status");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row) => { row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word)); });
    count.textContent = words.length ? rows.filter((row) => !row.hidden).length + " of " + rows.length : "";
  });
  const line = document.createElement("div");
  line.className = "filter";
  line.append(label, input, count);
  box.before(line);
}
for (const table of document.querySelectorAll("table[data-sortable]")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(table, column));
  });
  if (table.tBodies[0].rows.length > 10) filter(table, table.closest(".scroll"));
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
if ("IntersectionObserver" in window) {
  const watch = new IntersectionObserver((seen) => seen.forEach((one) => {
    if (!one.isIntersecting) return;
    links.forEach((link) => link.removeAttribute("aria-current"));
    links.get(one.target.id).setAttribute("aria-current", "true");
  }), { rootMargin: "-10% 0px -80% 0px" });
  links.forEach((link, id) => watch.observe(document.getElementById(id)));
}
