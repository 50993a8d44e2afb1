import type { Dialect } from './dialect.ts';
import { gptproto } from './gptproto.ts';

export const dialects: readonly Dialect[] = [gptproto];
