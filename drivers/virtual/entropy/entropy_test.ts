import { ENTROPY_SUITE } from "../../../conformance/hal/entropy/entropy_suite.ts";
import { registerSuite } from "../../../conformance/hal/suite/register.ts";
import { subject } from "./testing/fixture.ts";

registerSuite("virtual/entropy", ENTROPY_SUITE, subject);
