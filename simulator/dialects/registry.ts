import type { Dialect } from './dialect.ts';
import { type GeminiOptions, gemini } from './gemini/dialect.ts';
import { gptproto } from './gptproto/dialect.ts';
import { type OpenaiVideoOptions, openaiVideo } from './openai-video/dialect.ts';

/** Choices that the documents leave open, or on which they disagree. */
export interface DialectOptions extends GeminiOptions, OpenaiVideoOptions {}

export const createDialects = (options: DialectOptions): readonly Dialect[] => [
  gptproto,
  gemini(options),
  openaiVideo(options),
];
