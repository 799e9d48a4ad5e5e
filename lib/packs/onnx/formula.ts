import { type Builder, type Operand, Value } from './value.js';

/** The values that the names in a formula stand for. */
export type FormulaValues = Record<string, Operand>;

interface Parser {
  graph: Builder;
  values: FormulaValues;
  tokens: string[];
  at: number;
  text: string;
}

const TOKEN = /\s*([A-Za-z_]\w*|\d*\.?\d+(?:e[-+]?\d+)?|[-+*/^(),])/gy;

// Functions of one argument: the operator, and the same on plain numbers.
const UNARY: Record<string, [string, (x: number) => number]> = {
  abs: ['Abs', Math.abs],
  cos: ['Cos', Math.cos],
  exp: ['Exp', Math.exp],
  relu: ['Relu', (x) => Math.max(x, 0)],
  sigmoid: ['Sigmoid', (x) => 1 / (1 + Math.exp(-x))],
  sin: ['Sin', Math.sin],
  sqrt: ['Sqrt', Math.sqrt],
  tanh: ['Tanh', Math.tanh],
};

const BINARY: Record<string, [string, (a: number, b: number) => number]> = {
  '+': ['Add', (a, b) => a + b],
  '-': ['Sub', (a, b) => a - b],
  '*': ['Mul', (a, b) => a * b],
  '/': ['Div', (a, b) => a / b],
  '^': ['Pow', (a, b) => a ** b],
  max: ['Max', Math.max],
  min: ['Min', Math.min],
};

/**
 * Adds the operators of an arithmetic expression, elementwise with broadcasting: `+ - * / ^`, parentheses, numbers, names
 * of `values`, and abs cos exp relu sigmoid sin sqrt tanh min(a, b) max(a, b) clip(x, low, high).
 * Arithmetic on numbers alone is done here; `x^2`, `x^4` and division by a number become products, which are faster.
 */
export function formula(graph: Builder, text: string, values: FormulaValues): Value {
  const parser: Parser = { graph, values, tokens: tokenise(text), at: 0, text };
  const result = sum(parser);
  if (parser.at < parser.tokens.length) throw unexpected(parser);
  return typeof result === 'number' ? graph.scalar(result) : result;
}

function tokenise(text: string): string[] {
  const tokens = [...text.matchAll(TOKEN)];
  const last = tokens.at(-1);
  const end = last ? last.index + last[0].length : 0;
  if (text.slice(end).trim())
    throw new SyntaxError(`Expected a formula but received '${text.slice(end)}' in '${text}'`);
  return tokens.map((match) => match[1]!);
}

function sum(p: Parser): Operand {
  return leftToRight(p, ['+', '-'], product);
}

function product(p: Parser): Operand {
  return leftToRight(p, ['*', '/'], signed);
}

function leftToRight(p: Parser, operators: string[], next: (p: Parser) => Operand): Operand {
  let result = next(p);
  while (operators.includes(p.tokens[p.at] ?? '')) {
    const operator = p.tokens[p.at++]!;
    result = binary(p, operator, result, next(p));
  }
  return result;
}

function signed(p: Parser): Operand {
  if (!accept(p, '-')) return power(p);
  const operand = signed(p);
  return typeof operand === 'number' ? -operand : operand.neg();
}

function power(p: Parser): Operand {
  const base = atom(p);
  if (!accept(p, '^')) return base;
  const exponent = signed(p);
  if (base instanceof Value && exponent === 2) return base.mul(base);
  if (base instanceof Value && exponent === 4) {
    const square = base.mul(base);
    return square.mul(square);
  }
  return binary(p, '^', base, exponent);
}

function atom(p: Parser): Operand {
  const token = p.tokens[p.at++];
  if (token === undefined) throw unexpected(p);
  if (/^[\d.]/.test(token)) return Number(token);
  if (token === '(') return closing(p, sum(p));
  if (!/^[A-Za-z_]/.test(token)) throw unexpected(p, p.at - 1);
  return accept(p, '(') ? call(p, token) : named(p, token);
}

function named(p: Parser, name: string): Operand {
  const value = p.values[name];
  if (value === undefined)
    throw new SyntaxError(`Expected a value for '${name}' in '${p.text}' but received none`);
  return value;
}

function call(p: Parser, name: string): Operand {
  const args = [sum(p)];
  while (accept(p, ',')) args.push(sum(p));
  closing(p, args[0]!);
  if (UNARY[name] && args.length === 1) return unary(p, name, args[0]!);
  if (name === 'clip' && args.length === 3) return clip(p, args as [Operand, Operand, Operand]);
  if ((name === 'min' || name === 'max') && args.length === 2) return binary(p, name, args[0]!, args[1]!);
  throw new SyntaxError(
    `Expected a function of ${args.length} arguments but received '${name}' in '${p.text}'`,
  );
}

function unary(p: Parser, name: string, x: Operand): Operand {
  const [type, evaluate] = UNARY[name]!;
  return typeof x === 'number' ? evaluate(x) : p.graph.op(type, [x]);
}

function binary(p: Parser, operator: string, a: Operand, b: Operand): Operand {
  const [type, evaluate] = BINARY[operator]!;
  if (typeof b === 'number') {
    if (typeof a === 'number') return evaluate(a, b);
    if (operator === '/') return p.graph.op('Mul', [a, 1 / b]);
  }
  return p.graph.op(type, [a, b]);
}

function clip(p: Parser, [x, low, high]: [Operand, Operand, Operand]): Operand {
  return p.graph.op('Clip', [x, low, high]);
}

function closing(p: Parser, inside: Operand): Operand {
  if (!accept(p, ')')) throw unexpected(p);
  return inside;
}

function accept(p: Parser, token: string): boolean {
  if (p.tokens[p.at] !== token) return false;
  p.at++;
  return true;
}

function unexpected(p: Parser, at = p.at): SyntaxError {
  return new SyntaxError(
    `Expected an operand or operator but received '${p.tokens[at] ?? 'the end'}' in '${p.text}'`,
  );
}
