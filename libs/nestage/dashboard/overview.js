import { createCharts } from './charts.js';
import { createErrors } from './errors.js';
import { createFleet } from './fleet.js';
import { createHandlers } from './handlers.js';
import { createHealth } from './health.js';
import { createSummary } from './summary.js';
import { h } from './dom.js';

/**
 * @param {HTMLElement} root
 * @param {{ base: string, catalogue: import('./main.js').Catalogue }} page
 */
export function createOverview(root, page) {
  const summary = createSummary();
  const handlers = createHandlers(page);
  const charts = createCharts();
  const health = createHealth();
  const errors = createErrors(page.catalogue.records);
  const fleet = createFleet();
  root.replaceChildren(
    h('p', { class: 'empty loading', 'data-part': 'loading' }, 'Waiting for the first figures'),
    summary.element,
    handlers.element,
    charts.element,
    h('div', { class: 'columns' }, errors.element, h('div', { class: 'stack' }, health.element, errors.alerts)),
    fleet.element,
  );
  return {
    /** @param {import('./figures.js').Figures} figures */
    show(figures) {
      root.dataset.state = 'ready';
      for (const each of [summary, handlers, charts, health, errors, fleet]) each.show(figures);
    },
    /** After a change of colours or size. */
    repaint: () => charts.repaint(),
  };
}
