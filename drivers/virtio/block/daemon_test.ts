import { BLOCK_SUITE } from "../../../conformance/hal/block/block_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { subject } from "./testing/vhost_user.ts";

registerWhole("virtio/block on qemu-storage-daemon", BLOCK_SUITE, subject);
