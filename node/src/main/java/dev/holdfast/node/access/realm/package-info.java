/** Realms whose users are known elsewhere: OpenID Connect providers, LDAP and Active Directory. */
@NullMarked
package dev.holdfast.node.access.realm;

import org.jspecify.annotations.NullMarked;
