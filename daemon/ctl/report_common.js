"use strict";
// Everything of the report is untrusted: it comes into the page as text nodes and in no other way.
const report = JSON.parse(document.getElementById("report").textContent);
const firstRows = 100;
const collator = new Intl.Collator("en", {numeric: true});

const kinds = {
  text: {show: value => value},
  code: {show: value => value, style: "code"},
  id: {show: value => value, style: "whole"},
  time: {show: value => String(value).slice(0, 16).replace("T", " "), style: "whole"},
  flag: {show: value => value ? "yes" : "no"},
  count: {show: value => value.toLocaleString("en"), style: "number"},
  bytes: {show: size, style: "number"},
  share: {show: value => Math.round(value * 100) + " %", style: "number"},
  seconds: {show: duration, style: "number"},
  rate: {show: bytes => size(bytes) + "/s", style: "number"},
};

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.length; ++unit) bytes /= 1024;
  return (unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)) + " " + units[unit];
}

function duration(seconds) {
  if (seconds < 60) return (seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)) + " s";
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return minutes + " min";
  return minutes < 2880 ? Math.round(minutes / 60) + " h" : Math.round(minutes / 1440) + " days";
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
const make = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

const itemsOf = key => Array.isArray(report[key]) ? report[key] : [];
const total = (items, key) => items.reduce((sum, item) => sum + (item[key] || 0), 0);
const unknown = value => value === null || value === undefined || value === "";
const titleOf = item => [item.database, item.schema, item.name].filter(Boolean).join(".");

// What is looked for and how lists are sorted stands in the address, so that it can be kept.
const state = new URLSearchParams(location.hash.slice(1));
const keepState = () => {
  try { history.replaceState(null, "", "#" + state); } catch (refused) { /* not for files */ }
};

class Listing {
  constructor(list) {
    this.list = list;
    this.limit = firstRows;
    this.rows = itemsOf(list.key).map(item => ({item, text: this.textOf(item)}));
    this.count = make("span", {class: "muted"});
    this.head = make("tr");
    this.body = make("tbody");
    this.more = make("button", {class: "more", type: "button"});
    this.more.addEventListener("click", () => { this.limit *= 10; this.render(); });
    this.node = make("section", {id: list.key},
      make("div", {class: "head"}, make("h2", {}, list.title), this.count),
      make("div", {class: "scroll"},
        make("table", {class: "listing"}, make("thead", {}, this.head), this.body)), this.more);
    for (const [key, heading, kind = "text"] of list.columns) this.addHeading(key, heading, kind);
  }
  textOf(item) {
    return this.list.columns.map(([key]) => unknown(item[key]) ? "" : String(item[key]))
      .join("\n").toLowerCase();
  }
  addHeading(key, heading, kind) {
    const button = make("button", {type: "button"}, heading);
    button.addEventListener("click", () => {
      const first = kinds[kind].style === "number" ? key + "-" : key;
      const other = first.endsWith("-") ? key : key + "-";
      state.set("sort." + this.list.key, this.order() === first ? other : first);
      keepState();
      this.render();
    });
    this.head.append(make("th", {class: kinds[kind].style || "", "data-key": key}, button));
  }
  order() { return state.get("sort." + this.list.key) || this.list.sort; }
  found() {
    const wanted = (state.get("search") || "").toLowerCase();
    return wanted ? this.rows.filter(row => row.text.includes(wanted)) : this.rows;
  }
  sorted() {
    const order = this.order();
    const down = order.endsWith("-");
    const key = down ? order.slice(0, -1) : order;
    const compare = (a, b) => typeof a === "number" ? a - b : collator.compare(a, b);
    return [...this.found()].sort((one, two) => {
      const a = one.item[key], b = two.item[key];
      if (unknown(a) || unknown(b)) return unknown(a) - unknown(b);
      return down ? compare(b, a) : compare(a, b);
    }).map(row => row.item);
  }
  rowOf(item) {
    return make("tr", {}, ...this.list.columns.map(([key, heading, kind = "text"]) => {
      const none = unknown(item[key]);
      const style = (kinds[kind].style || "") + (none ? " none muted" : "");
      return make("td", {class: style.trim(), "data-label": heading},
        none ? "\u2013" : make("span", {}, String(kinds[kind].show(item[key]))));
    }));
  }
  render() {
    const items = this.sorted();
    const order = this.order();
    for (const heading of this.head.children) {
      const key = heading.dataset.key;
      heading.removeAttribute("aria-sort");
      if (order === key) heading.setAttribute("aria-sort", "ascending");
      if (order === key + "-") heading.setAttribute("aria-sort", "descending");
    }
    this.body.replaceChildren(...items.slice(0, this.limit).map(item => this.rowOf(item)));
    const all = this.rows.length.toLocaleString("en");
    this.count.textContent =
      items.length === this.rows.length ? all : items.length.toLocaleString("en") + " of " + all;
    this.more.hidden = items.length <= this.limit;
    this.more.textContent = "Show more of " + items.length.toLocaleString("en");
    this.node.hidden = this.rows.length === 0;
  }
}

function legend(...entries) {
  return make("div", {class: "legend"}, ...entries.map(([style, text]) =>
    make("span", {}, make("i", {class: style}), text)));
}

function card(text, value) { return make("div", {class: "card"}, make("b", {}, value), text); }

/// The page: what stands above, and `lists` to be searched and sorted. `render` is called with what
/// is found by now, a list of items of each key.
function assemble({title, subtitle, cards, notes, charts, lists, more = [], render = () => {}}) {
  document.title = title;
  const listings = lists.map(list => new Listing(list));
  const search = make("input", {type: "search", placeholder: "Search everything",
    "aria-label": "Search everything"});
  search.value = state.get("search") || "";
  const renderAll = () => {
    for (const listing of listings) listing.render();
    render(Object.fromEntries(listings.map(listing =>
      [listing.list.key, listing.found().map(row => row.item)])));
  };
  search.addEventListener("input", () => {
    if (search.value) state.set("search", search.value); else state.delete("search");
    keepState();
    renderAll();
  });
  renderAll();
  const noteList = make("ul", {class: "notes"}, ...notes.map(note => make("li", {}, note)));
  noteList.hidden = notes.length === 0;
  const sections = [...listings.map(listing => listing.node), ...more];
  const links = sections.filter(node => !node.hidden).map(node => {
    const link = make("a", {href: "#"}, node.querySelector("h2").textContent.split(" that ")[0]);
    link.addEventListener("click", event => { event.preventDefault(); node.scrollIntoView(); });
    return link;
  });
  document.body.append(
    make("main", {}, make("header", {}, make("h1", {}, title),
      make("div", {class: "muted"}, subtitle)),
      make("div", {class: "cards"}, ...cards), noteList, make("div", {class: "charts"}, ...charts)),
    make("div", {class: "bar"}, make("div", {}, search, make("nav", {}, ...links))),
    make("main", {}, ...sections,
      make("footer", {class: "muted"}, "Made by tsbackup. This file needs nothing besides itself.")));
  document.body.dataset.ready = "yes";
}
