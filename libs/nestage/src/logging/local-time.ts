/**
 * Writes times as `2024-02-07 16:17:06,436` in the local zone. The part down to the second is made once a second.
 * @internal
 */
export class LocalTime {
  private second = Number.NaN;
  private prefix = '';

  /** @param milliseconds since 1970 */
  format(milliseconds: number): string {
    const second = Math.floor(milliseconds / 1000);
    if (second !== this.second) this.enter(second);
    return this.prefix + padded(Math.floor(milliseconds - second * 1000), 3);
  }

  private enter(second: number): void {
    const date = new Date(second * 1000);
    const day = `${date.getFullYear()}-${padded(date.getMonth() + 1)}-${padded(date.getDate())}`;
    this.prefix = `${day} ${padded(date.getHours())}:${padded(date.getMinutes())}:${padded(date.getSeconds())},`;
    this.second = second;
  }
}

/** The hour of a date in the local zone, `YYYYMMDDHH`: the end of an hourly file's name. @internal */
export function hourOf(date: Date): string {
  return `${date.getFullYear()}${padded(date.getMonth() + 1)}${padded(date.getDate())}${padded(date.getHours())}`;
}

function padded(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
