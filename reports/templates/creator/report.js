// Draws the charts of a creator's report so that they answer to a pointer. Without this script, or
// where the drawing library cannot be loaded, the drawings that stand in the page stay.
"use strict";
(() => {
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  const LEVELS = ["fewer than 10 accounts", "few", "some", "busy", "busiest"];
  const TYPES = { LIKE: "likes", COMMENT: "comments", SHARE: "shares", SAVE: "saves", CLICK: "clicks" };
  const HEIGHTS = { days: 176, hours: 162 };
  // Style sheets that the library fills through the DOM; the page's policy lets it make none.
  const LIBRARY_STYLES = [
    "plotly.js-style-global",
    "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53",
  ];
  const CONFIG = {
    responsive: true, displaylogo: false, displayModeBar: false, showSendToCloud: false,
    plotlyServerURL: "", typesetMath: false, scrollZoom: false, doubleClick: false,
  };

  const own = document.currentScript;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const report = JSON.parse(document.getElementById("report-data").textContent);
  // Days since the first one: those that are not shown leave a gap.
  const places = report.days.map((day) => (Date.parse(day) - Date.parse(report.days[0])) / 864e5);
  const inPeriod = report.days.map((day) => day >= report.period[0] && day <= report.period[1]);
  const number = (value) => value.toLocaleString("en-US");

  // The library reads a text as a kind of HTML, with mathematics between dollar signs.
  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;" };
  const plain = (text) => String(text).replace(/[&<>$]/g, (letter) => ENTITIES[letter]);

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function shortDay(day) {
    return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]}`;
  }

  function longDay(day) {
    return `${WEEKDAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7]} ${shortDay(day)}`;
  }

  function shortSpan([first, last]) {
    if (first === last) return shortDay(last);
    const start = first.slice(5, 7) === last.slice(5, 7) ? Number(first.slice(8)) : shortDay(first);
    return `${start} to ${shortDay(last)}`;
  }

  function compact(value) {
    for (const [unit, size] of [["bn", 1e9], ["M", 1e6], ["k", 1e3]]) {
      if (value >= size && !(unit === "k" && value < 1e4)) return `${Number((value / size).toFixed(value >= 100 * size ? 0 : 1))}${unit}`;
    }
    return number(value);
  }

  function roundSteps(greatest) {
    for (let power = 1; ; power *= 10) {
      for (const size of [power, 2 * power, 5 * power]) {
        if (size * 4 >= greatest) {
          return Array.from({ length: Math.ceil(greatest / size) + 1 }, (_, step) => step * size);
        }
      }
    }
  }

  function bars(counts, fill, rest, told) {
    const paint = inPeriod.map((inside) => colour(inside ? fill : rest));
    return {
      type: "bar", x: places, y: counts, width: 0.72 * Math.min(1, (places.at(-1) + 1) / 7),
      customdata: counts.map((count, place) => [
        plain(longDay(report.days[place])), plain(told(place)), report.final[place] ? "" : " (provisional)",
      ]),
      hovertemplate: "%{customdata[0]}%{customdata[2]}<br>%{customdata[1]}<extra></extra>",
      marker: {
        color: paint.map((tint, place) => (report.final[place] ? tint : colour("paper"))),
        line: { color: paint, width: report.final.map((isFinal) => (isFinal ? 0 : 1.5)) },
      },
    };
  }

  function layout(height, more) {
    return {
      height, autosize: true, showlegend: false, dragmode: false, hovermode: "closest",
      barmode: "relative", bargap: 0,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") },
      hoverlabel: {
        bgcolor: colour("ink"), bordercolor: colour("ink"), align: "left",
        font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("paper") },
      },
      ...more,
    };
  }

  function daysLayout(ticks) {
    const last = places.at(-1) + 0.5;
    const first = last - inPeriod.filter(Boolean).length;
    const below = { xref: "paper", yref: "paper", y: 0, yshift: -6, yanchor: "top", showarrow: false };
    const start = { ...below, x: 0, xanchor: "left", xshift: -2, text: plain(shortDay(report.days[0])) };
    const end = {
      ...below, x: 1, xanchor: "right", xshift: 2, text: plain(shortSpan(report.period)),
      font: { color: colour("ink"), weight: 600 },
    };
    return layout(HEIGHTS.days, {
      margin: { l: 0, r: 52, t: 12, b: 28 }, hovermode: "x",
      xaxis: { range: [-0.5, last], fixedrange: true, showgrid: false, zeroline: false, showticklabels: false, ticks: "" },
      yaxis: {
        side: "right", fixedrange: true, zeroline: false, gridcolor: colour("line"), ticklen: 6,
        tickcolor: "rgba(0,0,0,0)", range: [ticks[0].at, ticks.at(-1).at],
        tickvals: ticks.map((tick) => tick.at), ticktext: ticks.map((tick) => plain(tick.text)),
      },
      shapes: [{
        type: "rect", layer: "below", xref: "x", yref: "paper", x0: first, x1: last, y0: 0, y1: 1.09,
        fillcolor: colour("band"), line: { width: 0 },
      }],
      annotations: first > 0 ? [start, end] : [end],
    });
  }

  function numbersFigure(name, told) {
    const counts = report.series[name];
    const ticks = roundSteps(Math.max(...counts)).map((at) => ({ at, text: compact(at) }));
    return { data: [bars(counts, "now", "before", told)], layout: daysLayout(ticks) };
  }

  function engagementsTold(place) {
    const parts = Object.entries(report.by_type)
      .filter(([, counts]) => counts[place])
      .map(([kind, counts]) => `${number(counts[place])} ${TYPES[kind]}`);
    return [`${number(report.series.post_engagements[place])} engagements`, ...parts].join(", ");
  }

  function followersFigure() {
    const { followers_gained: gained, followers_lost: lost } = report.series;
    const ticks = [
      { at: -Math.max(...lost), text: `\u2212${compact(Math.max(...lost))}` },
      { at: 0, text: "0" },
      { at: Math.max(...gained), text: `+${compact(Math.max(...gained))}` },
    ].filter((tick, place) => tick.at || place === 1);
    const told = (place) => `${number(gained[place])} gained, ${number(lost[place])} lost`;
    const down = bars(lost.map((count) => -count), "lost", "lost", told);
    return { data: [bars(gained, "gained", "gained", told), { ...down, hoverinfo: "skip", hovertemplate: null }], layout: daysLayout(ticks) };
  }

  function hoursFigure() {
    const levels = WEEKDAYS.map(() => Array(24).fill(0));
    for (const [weekday, hour, level] of report.hours) levels[weekday][hour] = level;
    const scale = LEVELS.flatMap((_, level) => {
      const paint = colour(`level${level}`);
      return [[level / 5, paint], [(level + 1) / 5, paint]];
    });
    const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;
    const below = { xref: "x", yref: "paper", y: 0, yshift: -6, yanchor: "top", showarrow: false };
    return {
      data: [{
        type: "heatmap", z: levels, zmin: -0.5, zmax: 4.5, colorscale: scale, showscale: false, xgap: 2, ygap: 2,
        customdata: levels.map((row, weekday) => row.map((level, hour) =>
          [`${WEEKDAYS[weekday]} ${clock(hour)} to ${clock(hour + 1)} UTC`, LEVELS[level]])),
        hovertemplate: "%{customdata[1]}<br>%{customdata[0]}<extra></extra>",
      }],
      layout: layout(HEIGHTS.hours, {
        margin: { l: 38, r: 0, t: 0, b: 22 },
        xaxis: { range: [-0.5, 23.5], fixedrange: true, showgrid: false, zeroline: false, showticklabels: false, ticks: "" },
        yaxis: {
          range: [6.5, -0.5], fixedrange: true, showgrid: false, zeroline: false, ticklen: 6, tickcolor: "rgba(0,0,0,0)",
          tickvals: [0, 1, 2, 3, 4, 5, 6], ticktext: WEEKDAYS.map((name) => name.slice(0, 3)),
        },
        annotations: [0, 6, 12, 18, 24].map((hour) => ({
          ...below, x: hour - 0.5, text: clock(hour).slice(0, 2),
          xanchor: hour === 0 ? "left" : hour === 24 ? "right" : "center", xshift: hour === 0 ? -2 : hour === 24 ? 2 : 0,
        })),
      }),
    };
  }

  const FIGURES = {
    impressions: () => numbersFigure("post_impressions", (place) => `${number(report.series.post_impressions[place])} impressions`),
    engagements: () => numbersFigure("post_engagements", engagementsTold),
    followers: followersFigure,
    hours: hoursFigure,
  };

  function draw(chart) {
    const live = document.createElement("div");
    live.className = "live";
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", chart.querySelector("svg").getAttribute("aria-label"));
    chart.append(live);
    chart.classList.add("drawn");
    const paint = async () => {
      const figure = FIGURES[chart.dataset.chart]();
      return Plotly.react(live, figure.data, figure.layout, CONFIG);
    };
    dark.addEventListener("change", paint);
    return paint().catch(() => {
      chart.classList.remove("drawn");
      live.remove();
    });
  }

  function load() {
    for (const id of LIBRARY_STYLES) {
      const style = document.createElement("style");
      style.id = id;
      document.head.append(style);
    }
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = own.dataset.drawing;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  const charts = [...document.querySelectorAll(".chart")];
  const done = (state) => { document.documentElement.dataset.charts = state; };
  const start = () => load().then(() => Promise.all(charts.map(draw))).then(() => done("drawn"), () => done("still"));
  if (!charts.length || navigator.connection?.saveData) done("still");
  else if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
