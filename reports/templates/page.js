const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = [...document.querySelectorAll(".chart")];
const config = { responsive: true, displaylogo: false, displayModeBar: false, showSendToCloud: false, plotlyServerURL: "", typesetMath: false };

function colours() {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
  return { "font.color": ink, "xaxis.gridcolor": line, "yaxis.gridcolor": line,
           "xaxis.zerolinecolor": ink, "yaxis.zerolinecolor": line,
           "hoverlabel.bgcolor": style.getPropertyValue("--tint").trim(), "hoverlabel.font.color": ink };
}

function painted(layout) {
  for (const [path, colour] of Object.entries(colours())) {
    const keys = path.split("."), last = keys.pop();
    keys.reduce((part, key) => part[key] ??= {}, layout)[last] = colour;
  }
  return layout;
}

async function draw(chart) {
  const figure = JSON.parse(chart.querySelector("script").textContent);
  const plot = document.createElement("div");
  chart.append(plot);
  await Plotly.newPlot(plot, figure.data, painted(figure.layout), config);
  dark.addEventListener("change", () => Plotly.relayout(plot, colours()));
}

charts.forEach(draw);
