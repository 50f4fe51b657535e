import { BLOCK_SUITE } from "../../../conformance/hal/block/block_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { subject } from "./testing/fixture.ts";

registerWhole("virtio/block", BLOCK_SUITE, subject);
