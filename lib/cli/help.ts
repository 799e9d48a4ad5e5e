import { LETTERS, optionsOf } from './arguments.js';
import type { Command } from './command.js';
import { COLUMNS, columnOf, definitions, wrap } from './layout.js';
import type { Option } from './option.js';
import { type FoundCommand, type Listed, PROGRAM } from './registry.js';

/** A space at which lines do not break. */
const TIE = '\u00a0';

/** The help of a command, made from its option table. */
export function commandHelp(name: string, command: Command): string {
  return [
    ...usage(`${name} ${command.usage}`),
    '',
    ...wrap(`${command.summary}.`, COLUMNS),
    ...(command.about ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, COLUMNS)]),
    ...sections(command),
    ...examples(command.examples),
  ].join('\n');
}

/** The help of the program, or of a group of commands. */
export function groupHelp({ name, summary, members }: Extract<FoundCommand, { kind: 'group' }>): string {
  const isProgram = name === PROGRAM;
  const rows = members.map(({ name: member, summary: text }: Listed) => [member, text] as const);
  return [
    ...usage(`${name} COMMAND [options]`),
    '',
    isProgram ? 'One portrait and a voice in, a talking-head video out.' : `${summary}.`,
    '',
    'Commands:',
    ...definitions(rows),
    '',
    `'${name} COMMAND --help' prints the options of a command.`,
    ...(isProgram ? programHelp() : []),
  ].join('\n');
}

function programHelp(): string[] {
  const variables = [
    [
      'FFMPEG_PATH',
      'The ffmpeg program; default: the one on PATH, else the one of the package @ffmpeg-installer/ffmpeg',
    ],
    ['KDTALKER_PYTHON', "The Python with PyTorch that 'train' and 'bench' use"],
    ['KDTALKER_ORT', "An ONNX Runtime library instead of the package's own"],
    ['HF_ENDPOINT', "Another model hub for 'packs pull'"],
    ['HF_TOKEN', 'An access token for it'],
    ['KDTALKER_DEBUG', 'If set, errors are printed with their stack, as with --debug'],
    ['NO_COLOR', 'If set, output has no colours'],
  ] as const;
  const line = `${PROGRAM} animate --portrait face.jpg --speech speech.wav --out talk.mp4`;
  return [
    '',
    'Environment:',
    ...definitions(variables),
    ...examples([`${PROGRAM} demo`, `${PROGRAM} doctor`, line]),
  ];
}

function usage(line: string): string[] {
  const [first, ...more] = wrap(line, COLUMNS - 7);
  return [`Usage: ${first}`, ...more.map((part) => `         ${part}`)];
}

function sections(command: Command): string[] {
  const rows = Object.entries(optionsOf(command)).map(([name, option]) => ({
    title: option.section ?? 'Options',
    row: row(name, option),
  }));
  const column = columnOf(rows.map((entry) => entry.row[0]));
  const titles = [...new Set(rows.map(({ title }) => title))];
  return titles.flatMap((title) => {
    const own = rows.filter((entry) => entry.title === title).map((entry) => entry.row);
    return ['', `${title}:`, ...definitions(own, column)];
  });
}

function row(name: string, option: Option<unknown>): readonly [string, string] {
  const value = option.placeholder === undefined ? '' : ` ${option.placeholder}`;
  const bounds = option.range && `${option.range[0]} to ${option.range[1]}`;
  const fallback = option.fallback && `default: ${option.fallback}`;
  const facts = [option.choices?.join(', '), bounds, fallback].filter((fact) => fact !== undefined);
  const letter = LETTERS[name] === undefined ? '' : `-${LETTERS[name]}, `;
  return [`${letter}--${name}${value}`, `${option.help}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`];
}

/** Breaks lines where a shell allows it, but never between an option and its value. */
function examples(lines: readonly string[]): string[] {
  const broken = lines.flatMap((line) => {
    const parts = wrap(line.replace(/(--[a-z-]+) (?!--)/g, `$1${TIE}`), COLUMNS - 6);
    const end = (index: number) => (index < parts.length - 1 ? ' \\' : '');
    return parts.map(
      (part, index) => `${index === 0 ? '  ' : '    '}${part.replaceAll(TIE, ' ')}${end(index)}`,
    );
  });
  return ['', 'Examples:', ...broken];
}
