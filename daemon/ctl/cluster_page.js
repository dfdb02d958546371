// Of each list its columns: key, heading, kind. Sorted at first by the column after the dash.
const lists = [
  {key: "databases", title: "Databases", sort: "size_bytes-", columns: [["name", "Database"],
    ["size_bytes", "Size", "bytes"], ["owner", "Owner"], ["encoding", "Encoding"],
    ["collation", "Collation"], ["template", "Template", "flag"]]},
  {key: "tables", title: "Tables", sort: "total_bytes-", columns: [["database", "Database"],
    ["schema", "Schema"], ["name", "Table"], ["kind", "Kind"], ["rows", "Rows (estimate)", "count"],
    ["total_bytes", "Total", "bytes"], ["heap_bytes", "Heap", "bytes"],
    ["index_bytes", "Indexes", "bytes"], ["owner", "Owner"]]},
  {key: "hypertables", title: "Hypertables", sort: "total_bytes-", columns: [
    ["database", "Database"], ["schema", "Schema"], ["name", "Hypertable"],
    ["chunks", "Chunks", "count"], ["compressed_chunks", "Compressed", "count"],
    ["chunk_interval", "Interval"], ["range_start", "From"], ["range_end", "To"],
    ["total_bytes", "Total", "bytes"], ["before_compression_bytes", "Before", "bytes"],
    ["after_compression_bytes", "After", "bytes"], ["saved", "Saved", "share"]]},
  {key: "continuous_aggregates", title: "Continuous aggregates", sort: "size_bytes-", columns: [
    ["database", "Database"], ["schema", "Schema"], ["name", "Continuous aggregate"],
    ["source", "Of"], ["size_bytes", "Size", "bytes"],
    ["materialized_only", "Materialized only", "flag"], ["owner", "Owner"],
    ["definition", "Definition", "code"]]},
  {key: "jobs", title: "Jobs and policies", sort: "id", columns: [["database", "Database"],
    ["id", "Job", "count"], ["name", "Name"], ["policy", "Policy", "flag"], ["target", "Target"],
    ["every", "Every"], ["scheduled", "Scheduled", "flag"], ["procedure", "Procedure"],
    ["config", "Configuration", "code"]]},
  {key: "chunks", title: "Chunks", sort: "range_start-", columns: [["database", "Database"],
    ["schema", "Schema"], ["hypertable", "Hypertable"], ["name", "Chunk"], ["range_start", "From"],
    ["range_end", "To"], ["size_bytes", "Size", "bytes"], ["compressed", "Compressed", "flag"]]},
  {key: "indexes", title: "Indexes", sort: "size_bytes-", columns: [["database", "Database"],
    ["schema", "Schema"], ["table", "Table"], ["name", "Index"], ["size_bytes", "Size", "bytes"],
    ["unique", "Unique", "flag"], ["valid", "Valid", "flag"],
    ["definition", "Definition", "code"]]},
  {key: "schemas", title: "Schemas", sort: "name", columns: [["database", "Database"],
    ["name", "Schema"], ["owner", "Owner"], ["tables", "Tables", "count"]]},
  {key: "extensions", title: "Extensions", sort: "name", columns: [["database", "Database"],
    ["name", "Extension"], ["version", "Version"], ["schema", "Schema"]]},
  {key: "roles", title: "Roles", sort: "name", columns: [["name", "Role"],
    ["login", "Login", "flag"], ["superuser", "Superuser", "flag"],
    ["replication", "Replication", "flag"], ["createdb", "Creates databases", "flag"],
    ["createrole", "Creates roles", "flag"], ["member_of", "Member of"]]},
  {key: "settings", title: "Settings that are not the default", sort: "name", columns: [
    ["name", "Setting"], ["value", "Value", "code"], ["source", "Source"]]},
];

for (const item of itemsOf("hypertables")) {
  const before = item.before_compression_bytes;
  item.saved = before ? 1 - item.after_compression_bytes / before : null;
}

function sizeChart(tables) {
  const shown = tables.filter(item => item.total_bytes > 0)
    .sort((a, b) => b.total_bytes - a.total_bytes).slice(0, 12);
  const width = 520, step = 36;
  const most = shown.length ? shown[0].total_bytes : 1;
  const chart = draw("svg", {viewBox: `0 0 ${width} ${Math.max(1, shown.length) * step}`,
    role: "img", "aria-label": "Size by table"});
  shown.forEach((item, index) => {
    const top = index * step;
    const all = Math.max(2, width * item.total_bytes / most);
    const indexes = Math.min(all, width * (item.index_bytes || 0) / most);
    let name = titleOf(item);
    if (name.length > 56) name = name.slice(0, 55) + "\u2026";
    chart.append(draw("g", {},
      draw("title", {}, `${titleOf(item)}: ${size(item.total_bytes)}, indexes ${size(item.index_bytes || 0)}`),
      draw("text", {x: 0, y: top + 13}, name),
      draw("text", {x: width, y: top + 13, "text-anchor": "end", class: "muted"}, size(item.total_bytes)),
      draw("rect", {x: 0, y: top + 19, width, height: 10, rx: 3, class: "rest"}),
      draw("rect", {x: 0, y: top + 19, width: all, height: 10, rx: 3, class: "one"}),
      draw("rect", {x: all - indexes, y: top + 19, width: indexes, height: 10, rx: 3, class: "two"})));
  });
  if (!shown.length) chart.append(draw("text", {x: 0, y: 20, class: "muted"}, "No table has a size."));
  return chart;
}

/// The place of a chunk's bound on the axis: a time, or a number where the dimension is one.
function position(text) {
  const number = Number(text);
  return Number.isFinite(number) ? number : Date.parse(text);
}
function axisText(value, chunk) {
  if (Number.isFinite(Number(chunk.range_start))) return Math.round(value).toLocaleString("en");
  return new Date(value).toISOString().slice(0, 10);
}

function chunkChart(chunks) {
  const width = 520, height = 190, floor = 160, columns = 130;
  const chart = draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "Size of chunks over time"});
  const placed = chunks.filter(chunk => !unknown(chunk.range_start) && !unknown(chunk.range_end))
    .map(chunk => ({chunk, at: position(chunk.range_start), to: position(chunk.range_end)}))
    .filter(each => each.at < each.to);
  if (!placed.length) return chart;
  const from = placed.reduce((least, each) => Math.min(least, each.at), Infinity);
  const to = placed.reduce((most, each) => Math.max(most, each.to), -Infinity);
  const span = placed.reduce((least, each) => Math.min(least, each.to - each.at), Infinity);
  const count = Math.max(1, Math.min(columns, Math.ceil((to - from) / span)));
  const bins = Array.from({length: count}, () => ({chunks: 0, one: 0, three: 0}));
  for (const {chunk, at} of placed) {
    const bin = bins[Math.min(count - 1, Math.floor((at - from) / (to - from) * count))];
    ++bin.chunks;
    bin[chunk.compressed ? "three" : "one"] += chunk.size_bytes || 0;
  }
  const most = Math.max(1, ...bins.map(bin => bin.one + bin.three));
  const step = width / count;
  bins.forEach((bin, index) => {
    if (!bin.chunks) return;
    const low = (floor - 20) * bin.three / most, high = (floor - 20) * bin.one / most;
    const begin = axisText(from + (to - from) * index / count, placed[0].chunk);
    const place = {x: index * step, width: Math.max(1, step - (step > 4 ? 1.5 : 0))};
    chart.append(draw("g", {},
      draw("title", {}, `${begin}: ${bin.chunks} chunk(s), ${size(bin.one + bin.three)}`),
      draw("rect", {...place, y: floor - low, height: low, class: "three"}),
      draw("rect", {...place, y: floor - low - high, height: high, class: "one"})));
  });
  chart.append(draw("rect", {x: 0, y: floor, width, height: 1, class: "rest"}),
    draw("text", {x: 0, y: 12, class: "muted"}, size(most)));
  [[0, "start"], [.5, "middle"], [1, "end"]].forEach(([share, anchor]) =>
    chart.append(draw("text", {x: width * share, y: height - 10, "text-anchor": anchor,
      class: "muted"}, axisText(from + (to - from) * share, placed[0].chunk))));
  return chart;
}

function chunkPanel() {
  const named = new Map();
  for (const chunk of itemsOf("chunks")) {
    const name = titleOf({database: chunk.database, schema: chunk.schema, name: chunk.hypertable});
    if (!named.has(name)) named.set(name, []);
    named.get(name).push(chunk);
  }
  if (!named.size) return null;
  const names = [...named.keys()].sort((a, b) =>
    total(named.get(b), "size_bytes") - total(named.get(a), "size_bytes"));
  const choice = make("select", {"aria-label": "Hypertable"},
    ...names.map((name, index) => make("option", {value: index}, name)));
  const place = make("div");
  const show = () => place.replaceChildren(chunkChart(named.get(names[Number(choice.value)])));
  choice.addEventListener("change", show);
  show();
  return make("section", {id: "chunk-chart"}, make("div", {class: "head"},
    make("h2", {}, "Chunks over time"), choice), place,
    legend(["one", "not compressed"], ["three", "compressed"]));
}

function sampleSection() {
  const samples = itemsOf("samples");
  const node = make("section", {id: "samples"}, make("div", {class: "head"},
    make("h2", {}, "First rows"),
    make("span", {class: "muted"}, samples.length.toLocaleString("en") + " tables")));
  for (const sample of samples) {
    const name = titleOf({database: sample.database, schema: sample.schema, name: sample.table});
    const rows = make("div", {class: "scroll"});
    const details = make("details", {}, make("summary", {}, name + " ",
      make("span", {class: "muted"}, sample.rows.length + " rows")), rows);
    details.addEventListener("toggle", () => {
      if (rows.childElementCount) return;
      const cell = field => make("td", {class: field === null ? "muted" : ""},
        field === null ? "NULL" : field);
      rows.append(make("table", {}, make("thead", {}, make("tr", {},
        ...sample.columns.map(column => make("th", {}, column)))), make("tbody", {},
        ...sample.rows.map(row => make("tr", {}, ...row.map(cell))))));
    });
    node.append(details);
  }
  node.hidden = samples.length === 0;
  return node;
}

function cards() {
  const chunks = itemsOf("chunks");
  const compressed = chunks.filter(chunk => chunk.compressed).length;
  const count = (key, text) => card(text, itemsOf(key).length.toLocaleString("en"));
  const all = [card("in all databases", size(total(itemsOf("databases"), "size_bytes"))),
    count("tables", "tables"), count("indexes", "indexes")];
  if (itemsOf("hypertables").length) {
    all.push(count("hypertables", "hypertables"), count("chunks", "chunks"),
      card("of them compressed", compressed.toLocaleString("en")));
  }
  return all;
}

function page() {
  const live = report.source === "live";
  const sizes = make("div");
  const charts = [make("section", {id: "size-chart"},
    make("div", {class: "head"}, make("h2", {}, "Size by table")), sizes,
    legend(["one", "rows"], ["two", "indexes"]))];
  const chunks = chunkPanel();
  if (chunks) charts.push(chunks);
  assemble({
    title: live ? report.cluster : `${report.backup_id} of ${report.cluster}`,
    subtitle: `PostgreSQL ${report.server_version}, ` +
      (live ? "the running server" : "from the backup") + `, looked at ${report.server_time}`,
    cards: cards(), notes: itemsOf("notes"), charts, lists, more: [sampleSection()],
    render: found => sizes.replaceChildren(sizeChart(found.tables)),
  });
}
page();
