/** Taking over what a Proxmox Backup Server leaves: its datastores and its configuration. */
@NullMarked
package dev.holdfast.node.adopt;

import org.jspecify.annotations.NullMarked;
