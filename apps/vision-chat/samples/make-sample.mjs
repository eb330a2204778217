// Draws invoice.png, the picture of the examples in the README. Run it with: node apps/vision-chat/samples/make-sample.mjs
// Needs the fonts DejaVu and WenQuanYi Zen Hei (Debian: fonts-dejavu-core, fonts-wqy-zenhei).
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const width = 860;
const height = 620;
const latin = 'DejaVu Sans';
const chinese = 'WenQuanYi Zen Hei';

/** Right-aligned columns of the table. */
const rightEdges = [480, 640, 790];

const table = [
  ['Item', 'Quantity', 'Unit price', 'Amount'],
  ['Camera lens 50 mm', '2', '249.00', '498.00'],
  ['Tripod, carbon', '1', '180.50', '180.50'],
  ['Memory card 64 GB', '4', '19.90', '79.60'],
];

const text = (x, y, content, { size = 20, font = latin, weight = 'normal', anchor = 'start' } = {}) =>
  `<text x="${x}" y="${y}" font-family="${font}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${content}</text>`;

const rule = (y) => `<line x1="70" y1="${y}" x2="790" y2="${y}" stroke="#999" stroke-width="1"/>`;

const row = ([item, ...cells], index) => {
  const y = 290 + index * 44;
  const style = { size: 19, weight: index === 0 ? 'bold' : 'normal' };
  return [text(70, y, item, style), ...cells.map((cell, i) => text(rightEdges[i], y, cell, { ...style, anchor: 'end' }))].join('');
};

const page = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="#1a1a1a">
  <rect width="100%" height="100%" fill="#fdfcf8"/>
  ${text(70, 90, 'INVOICE No. 2024-0117', { size: 34 })}
  ${text(70, 136, 'Date: 17 January 2024')}
  ${text(70, 170, 'Customer: Harbor Street Photo Studio')}
  ${text(70, 210, '付款方式：银行转账', { size: 22, font: chinese })}
  ${rule(252)}
  ${table.map(row).join('')}
  ${rule(452)}
  ${text(640, 494, 'Total due', { size: 22, weight: 'bold', anchor: 'end' })}
  ${text(790, 494, '758.10', { size: 22, weight: 'bold', anchor: 'end' })}
  ${text(70, 560, 'Please pay within 30 days. Thank you for your order.', { size: 18 })}
</svg>`;

const file = fileURLToPath(new URL('./invoice.png', import.meta.url));
await sharp(Buffer.from(page)).png({ palette: true, colours: 16, compressionLevel: 9, effort: 10 }).toFile(file);
