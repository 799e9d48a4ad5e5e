/** The width of help and tables, in columns. */
export const COLUMNS = 80;

/** Breaks text into lines of at most `width` characters, at spaces; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The column of the texts beside names: after the longest name of at most LONGEST_NAME characters. A longer name gets its own line. */
export function columnOf(names: readonly string[]): number {
  return Math.max(...names.map((name) => name.length).filter((length) => length <= LONGEST_NAME)) + 4;
}
const LONGEST_NAME = 22;

/** Rows of names, each with a text beside it, wrapped in its own column. */
export function definitions(
  rows: readonly (readonly [name: string, text: string])[],
  column = columnOf(rows.map(([name]) => name)),
): string[] {
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, COLUMNS - column - 1);
    const head = `  ${name}`;
    if (head.length > column - 2) return [head, ...lines.map((line) => ' '.repeat(column) + line)];
    return lines.map((line, index) => (index === 0 ? head : '').padEnd(column) + line);
  });
}

/** Lines of a table: columns as wide as their widest cell, two spaces apart; numbers are aligned right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const toRight = widths.map((_, column) =>
    rows.slice(1).every((row) => /^\d+(\.\d+)?( [kMG]?B)?$/.test(row[column]!)),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      toRight[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    return cells.join('  ').trimEnd();
  });
}

/** `2.77 s`, `28.3 s`, `3:05`, `1:02:03`. */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  return clock(seconds);
}

/** `0:05`, `3:05`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `475 B`, `302 kB`, `1.2 MB`: powers of 1000. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const step = count < 999_500 ? 1 : count < 999_950_000 ? 2 : 3;
  return `${(count / 1000 ** step).toFixed(step === 1 ? 0 : 1)} ${['', 'k', 'M', 'G'][step]}B`;
}

/** Frames per second, for people: `63.9`, `2103`. */
export function speed(fps: number): string {
  return fps < 100 ? fps.toFixed(1) : String(Math.round(fps));
}
