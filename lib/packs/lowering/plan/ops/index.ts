import { ELEMENTWISE, elementwise } from '../elementwise.js';
import type { PlanNode } from '../node-context.js';
import { BLOCKS } from './blocks.js';
import { CASTS } from './cast.js';
import { GATHERS } from './gather.js';
import { JOINS } from './join.js';
import { MOTION_FIELD } from './motion-field.js';
import { PRODUCTS } from './product.js';
import { RESIZES } from './resize.js';
import { ROWS } from './rows.js';
import { SAMPLES } from './sample.js';
import { VIEWS } from './views.js';
import { WINDOWS } from './windows.js';

/**
 * What plans the nodes of each operator, by domain and type. A tuned kernel joins here: a pass gives its nodes an operator of the domain
 * `kdtalker`, and an entry plans that as a kind of its own.
 */
export const OPERATORS: ReadonlyMap<string, PlanNode> = new Map([
  ...Object.entries({
    ...BLOCKS,
    ...CASTS,
    ...GATHERS,
    ...JOINS,
    ...MOTION_FIELD,
    ...PRODUCTS,
    ...RESIZES,
    ...ROWS,
    ...SAMPLES,
    ...VIEWS,
    ...WINDOWS,
  }),
  ...ELEMENTWISE.map((type): [string, PlanNode] => [type, elementwise]),
]);
