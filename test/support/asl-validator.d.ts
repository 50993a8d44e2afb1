declare module 'asl-validator' {
  /** The package brings no types of its own. */
  export default function validateStates(definition: unknown): { isValid: boolean; errorsText: () => string };
}
