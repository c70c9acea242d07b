const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = [...document.querySelectorAll(".chart")];
const config = { responsive: true, displaylogo: false, displayModeBar: false, showSendToCloud: false, plotlyServerURL: "" };

function colours() {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
  return { "font.color": ink, "xaxis.gridcolor": line, "yaxis.gridcolor": line,
           "xaxis.zerolinecolor": ink, "yaxis.zerolinecolor": line,
           "hoverlabel.bgcolor": style.getPropertyValue("--tint").trim(), "hoverlabel.font.color": ink };
}

async function draw(chart) {
  const figure = JSON.parse(chart.querySelector("script").textContent);
  const plot = document.createElement("div");
  chart.append(plot);
  await Plotly.newPlot(plot, figure.data, figure.layout, config);
  const paint = () => Plotly.relayout(plot, colours());
  dark.addEventListener("change", paint);
  await paint();
}

charts.forEach(draw);
