/** What the driver exports: `karyon:hal/entropy`. */
import { Result } from "../../../../cells/sdk/assembly/result";
import { isLost } from "../../shared/assembly/loss";
import { Condition, Quality, Refusal, Source } from "./gen/entropy";
import { BATCH_OCTETS } from "./limits";
import { drawOctets, failure, sourceTrouble } from "./source";

type Drawn = Result<StaticArray<u8>, Refusal>;

export function describe(): Source {
  return new Source(Quality.Unpredictable, BATCH_OCTETS);
}

export function draw(length: u32): Drawn {
  if (length == 0 || length > BATCH_OCTETS) return no(Refusal.wrongSize());
  const octets = drawOctets(length);
  if (octets != null) return Result.ok<StaticArray<u8>, Refusal>(octets);
  return no(failure.length > 0 ? Refusal.failed(failure) : Refusal.dry());
}

export function health(): Condition {
  const trouble = sourceTrouble();
  if (isLost) return Condition.failed(trouble);
  return trouble.length > 0 ? Condition.degraded(trouble) : Condition.ok();
}

function no(refusal: Refusal): Drawn {
  return Result.err<StaticArray<u8>, Refusal>(refusal);
}
