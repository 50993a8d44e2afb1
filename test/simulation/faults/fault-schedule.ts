import type { Accidents } from '../single/scenario.ts';
import type { Accident, CallNote } from '../world/invocation.ts';
import type { Random } from '../world/random.ts';

export interface Befallen {
  readonly kind: Accident;
  readonly call: CallNote;
}

/** Of accidents by chance, so that a course comes to an end. */
const MOST_BY_CHANCE = 12;

/** Goes by the plan, and remembers what befell. */
export class PlannedAccidents {
  readonly befallen: Befallen[] = [];
  private readonly accidents: Accidents;
  private readonly kinds: readonly Accident[];
  private readonly random: Random;

  constructor(accidents: Accidents, kinds: readonly Accident[], random: Random) {
    this.accidents = accidents;
    this.kinds = kinds;
    this.random = random;
  }

  at(call: CallNote): Accident | undefined {
    const kind = this.kindAt(call);
    if (kind) this.befallen.push({ kind, call });
    return kind;
  }

  private kindAt({ number, functionName }: CallNote): Accident | undefined {
    const { accidents } = this;
    switch (accidents.at) {
      case 'nowhere':
        return undefined;
      case 'one call':
        return number === accidents.call ? accidents.kind : undefined;
      case 'two calls':
        return accidents.kinds[accidents.calls.indexOf(number)];
      case 'an outage':
        return number >= accidents.from && number < accidents.from + accidents.calls
          ? accidents.kind
          : undefined;
      case 'a broken step': {
        if (number === accidents.from) return 'restarted';
        const isMeant = number > accidents.from && functionName === accidents.functionName;
        return isMeant && this.befallen.length <= accidents.calls ? accidents.kind : undefined;
      }
      case 'any call': {
        const isDue = this.befallen.length < MOST_BY_CHANCE && this.random.next() < accidents.chance;
        return isDue ? this.random.pick(this.kinds) : undefined;
      }
    }
  }
}
