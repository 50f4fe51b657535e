import { ENTROPY_SUITE } from "../../../conformance/hal/entropy/entropy_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { subject } from "./testing/fixture.ts";

registerWhole("virtio/entropy", ENTROPY_SUITE, subject);
