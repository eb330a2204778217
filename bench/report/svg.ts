/** Colours that read well on a light and on a dark page; the page decides. */
const STYLE = `
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.quiet { fill: #59636e; }
.title { font-weight: 600; font-size: 15px; }
.line { stroke: #d1d9e0; fill: none; }
.range { stroke: #1f2328; fill: none; }
.ours { fill: #0969da; } .theirs { fill: #9198a1; }
.series0 { stroke: #0969da; } .series1 { stroke: #1a7f37; } .series2 { stroke: #bc4c00; }
.series { fill: none; stroke-width: 2; }
.dot0 { fill: #0969da; } .dot1 { fill: #1a7f37; } .dot2 { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .line { stroke: #3d444d; } .range { stroke: #f0f6fc; }
  .ours { fill: #4493f8; } .theirs { fill: #656c76; }
  .series0 { stroke: #4493f8; } .series1 { stroke: #3fb950; } .series2 { stroke: #f0883e; }
  .dot0 { fill: #4493f8; } .dot1 { fill: #3fb950; } .dot2 { fill: #f0883e; }
}`;

/** A picture that stands by itself. */
export function svg(width: number, height: number, title: string, elements: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}</style>`,
    text(16, 26, title, 'title'),
    ...elements,
    '</svg>',
    '',
  ].join('\n');
}

export function text(x: number, y: number, content: string, className = '', anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${className}" text-anchor="${anchor}">${escapeText(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className = 'line'): string {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" class="${className}"/>`;
}

export function bar(x: number, y: number, width: number, height: number, className: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(width, 1))}" height="${height}" rx="2" class="${className}"/>`;
}

export function polyline(points: readonly (readonly [number, number])[], series: number): string {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
  const dots = points.map(([x, y]) => dot(x, y, series));
  return [`<path d="${path}" class="series series${series}"/>`, ...dots].join('\n');
}

export function dot(x: number, y: number, series: number): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" class="dot${series}"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
