import { h, part, setFigure } from './dom.js';
import { count, duration, rate, uptime } from './format.js';

/** @param {string} name @param {string} label */
const tile = (name, label) => h('div', { class: 'tile' }, h('dt', {}, label), h('dd', { 'data-part': name }, '–'));

/** The few figures that say how the service does. */
export function createSummary() {
  const element = h(
    'dl',
    { class: 'summary', 'aria-label': 'Summary' },
    tile('rate', 'Requests per second'),
    tile('inFlight', 'In flight'),
    tile('errors', 'Errors, last hour'),
    tile('delay', 'Event-loop delay'),
    tile('uptime', 'Uptime'),
  );
  return {
    element,
    /** @param {import('./figures.js').Figures} figures */
    show({ stats }) {
      const perSecond = stats.routes.reduce((sum, route) => sum + route.requestsPerSecond, 0);
      part(element, 'rate').textContent = rate(perSecond);
      const { requestsInFlight, errors, eventLoop, uptimeSeconds } = stats;
      setFigure(part(element, 'inFlight'), 'stats.requestsInFlight', requestsInFlight, count(requestsInFlight));
      setFigure(part(element, 'errors'), 'stats.errors.lastHour.total', errors.lastHour.total, count(errors.lastHour.total));
      setFigure(part(element, 'delay'), 'stats.eventLoop.maxDelayMs', eventLoop.maxDelayMs, duration(eventLoop.maxDelayMs));
      setFigure(part(element, 'uptime'), 'stats.uptimeSeconds', uptimeSeconds, uptime(uptimeSeconds));
    },
  };
}
