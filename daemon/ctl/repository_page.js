// The page of a repository: its backups over time, what became of them, and how it grows.
const backupLists = [
  {key: "backups", title: "Backups", sort: "stopped_at-", columns: [["cluster", "Cluster"],
    ["backup_id", "Backup", "id"], ["state", "State"], ["stopped_at", "End", "time"],
    ["stored_bytes", "Stored", "bytes"], ["cluster_bytes", "Cluster", "bytes"],
    ["share", "Share", "share"], ["seconds", "Duration", "seconds"],
    ["speed", "Throughput", "rate"], ["verified_at", "Verified", "time"], ["drill_text", "Last drill"],
    ["retention_text", "Retention"], ["label", "Label"], ["kept", "Kept for"],
    ["problem", "Problem"], ["compression", "Compression"], ["server_version", "PostgreSQL"]]},
  {key: "clusters", title: "Clusters", sort: "cluster", columns: [["cluster", "Cluster"],
    ["good", "Good backups", "count"], ["age", "Age of the last", "seconds"],
    ["next_run", "Next run", "time"]]},
];

for (const item of itemsOf("backups")) {
  if (item.cluster_bytes) {
    item.share = item.stored_bytes / item.cluster_bytes;
    if (item.copy_ms) item.speed = item.cluster_bytes / item.copy_ms * 1000;
  }
  if (item.total_ms) item.seconds = item.total_ms / 1000;
  if (item.retention) item.retention_text = item.retention.sentence;
  if (item.drill) {
    item.drill_text = item.drill.passed
      ? "passed in " + duration((item.drill.restored_ms + item.drill.recovered_ms) / 1000)
      : "failed: " + item.drill.problem;
  }
}
for (const item of itemsOf("clusters")) {
  if (item.last_good) item.age = item.last_good.age_s;
}

/// Without the columns that say nothing of any backup.
const shortened = backupLists.map(list => ({...list, columns: list.columns.filter(([key]) =>
  itemsOf(list.key).length === 0 || itemsOf(list.key).some(item => !unknown(item[key])))}));

const mostBars = 400;

/// Amber is trouble, green is proven from its stored bytes, blue the rest.
function styleOf(item) {
  if (item.state !== "good" || (item.drill && !item.drill.passed)) return "two";
  return item.verified_at || item.drill ? "three" : "one";
}

const dayOf = time => new Date(time).toISOString().slice(0, 10);

function drawAxis(chart, width, height, from, to, most) {
  chart.append(draw("rect", {x: 0, y: height - 30, width, height: 1, class: "rest"}),
    draw("text", {x: 0, y: 12, class: "muted"}, most));
  [[0, "start"], [.5, "middle"], [1, "end"]].forEach(([share, anchor]) =>
    chart.append(draw("text", {x: width * share, y: height - 10, "text-anchor": anchor,
      class: "muted"}, dayOf(from + (to - from) * share))));
}

/// A bar for each backup, at its end, as high as what `key` tells.
function timeChart(backups, key, show, label) {
  const width = 520, height = 190, room = 140;
  const chart = draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label});
  const placed = backups.filter(item => item[key] > 0 && !unknown(item.stopped_at))
    .map(item => ({item, at: Date.parse(item.stopped_at)})).sort((a, b) => a.at - b.at)
    .slice(-mostBars);
  if (!placed.length) {
    chart.append(draw("text", {x: 0, y: 20, class: "muted"}, "Nothing to show."));
    return chart;
  }
  const from = placed[0].at, to = placed[placed.length - 1].at;
  const most = placed.reduce((high, each) => Math.max(high, each.item[key]), 0);
  const wide = Math.max(1.5, Math.min(18, width / placed.length - 1.5));
  for (const {item, at} of placed) {
    const high = Math.max(1, room * item[key] / most);
    const left = to === from ? 0 : (width - wide) * (at - from) / (to - from);
    chart.append(draw("g", {},
      draw("title", {}, `${item.backup_id}: ${show(item[key])}, ${item.state}`),
      draw("rect", {x: left, y: height - 30 - high, width: wide, height: high,
        class: styleOf(item)})));
  }
  drawAxis(chart, width, height, from, to, show(most));
  return chart;
}

/// What all backups take, and at the present growth until nothing is free.
function growthChart() {
  const width = 520, height = 190, room = 140;
  const chart = draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "Growth of the repository"});
  const points = itemsOf("growth").map(each => ({at: Date.parse(each.at), bytes: each.stored_bytes}));
  if (points.length < 2) {
    chart.append(draw("text", {x: 0, y: 20, class: "muted"}, "Known after a few days."));
    return chart;
  }
  const last = points[points.length - 1];
  const days = report.repository.days_left;
  const full = unknown(days) ? null
    : {at: last.at + days * 86400000, bytes: last.bytes + report.repository.free_bytes};
  const all = full ? [...points, full] : points;
  const from = all[0].at, to = all[all.length - 1].at;
  const most = all.reduce((high, each) => Math.max(high, each.bytes), 1);
  const place = each => [width * (each.at - from) / Math.max(1, to - from),
    height - 30 - room * each.bytes / most].map(number => number.toFixed(1)).join(",");
  chart.append(draw("polyline", {points: points.map(place).join(" "), class: "line"}));
  if (full) {
    chart.append(draw("polyline", {points: place(last) + " " + place(full), class: "line forecast"}));
  }
  drawAxis(chart, width, height, from, to, size(most));
  return chart;
}

function panel(id, title, ...content) {
  return make("section", {id}, make("div", {class: "head"}, make("h2", {}, title)), ...content);
}

function repositoryPage() {
  const backups = itemsOf("backups");
  const good = backups.filter(item => item.state === "good");
  const newest = itemsOf("clusters").map(item => item.age).filter(age => !unknown(age));
  const cards = [card("backups", backups.length.toLocaleString("en")),
    card("of them good", good.length.toLocaleString("en")),
    card("stored", size(total(backups, "stored_bytes"))),
    card("free", size(report.repository.free_bytes || 0))];
  if (!unknown(report.repository.days_left)) {
    cards.push(card("until it is full", report.repository.days_left + " days"));
  }
  if (newest.length) cards.push(card("oldest of the newest", duration(Math.max(...newest))));
  const marks = legend(["three", "good and proven"], ["one", "good"], ["two", "damaged or a drill failed"]);
  const sizes = make("div"), times = make("div"), speeds = make("div");
  assemble({
    title: "Backups in " + report.repository.path,
    subtitle: "looked at " + report.made_at,
    cards, notes: [...itemsOf("problems"), ...itemsOf("warnings")],
    charts: [panel("size-chart", "Stored size of each backup", sizes, marks),
      panel("growth-chart", "Growth", growthChart()),
      panel("time-chart", "Duration", times), panel("speed-chart", "Throughput", speeds)],
    lists: shortened,
    render: found => {
      sizes.replaceChildren(timeChart(found.backups, "stored_bytes", size, "Stored size"));
      times.replaceChildren(timeChart(found.backups, "seconds", duration, "Duration"));
      speeds.replaceChildren(timeChart(found.backups, "speed", kinds.rate.show, "Throughput"));
    },
  });
}
repositoryPage();
