import type { Dialect } from './dialect.ts';
import { type GeminiOptions, gemini } from './gemini/dialect.ts';
import { gptproto } from './gptproto/dialect.ts';
import { type OpenaiVideoOptions, openaiVideo } from './openai-video/dialect.ts';

/** The choices that the documents leave to a gateway, or make differently from each other. */
export interface DialectOptions extends GeminiOptions, OpenaiVideoOptions {}

export const speak = (options: DialectOptions): readonly Dialect[] => [
  gptproto,
  gemini(options),
  openaiVideo(options),
];
