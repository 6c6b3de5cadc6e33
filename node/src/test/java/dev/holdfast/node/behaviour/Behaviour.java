package dev.holdfast.node.behaviour;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Which of the fifty observable behaviours of spec/protocols.md §10 a test shows; {@link
 * BehavioursTest} sees to it that none is without a test.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Behaviour {
  /** Numbers of the table, from 1. */
  int[] value();
}
