package io.doceph.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

/** The rules that follow from the table of rooms. None is broken by a room without classes. */
final class Walls {
  private Walls() {}

  static ArchRule table() {
    return rule(classes().should(importOnlyWhatTheTableAllows()), "The table of rooms holds");
  }

  static ArchRule noCycles() {
    return rule(
        SlicesRuleDefinition.slices().assignedFrom(byRoom()).should().beFreeOfCycles(),
        "No two rooms know each other");
  }

  static ArchRule processesOnlyInHostProcess() {
    return rule(
        noClasses()
            .that(not(Rooms.in("host.process")))
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class)
            .orShould()
            .callMethodWhere(describe("it is Runtime.exec", Walls::isRuntimeExec)),
        "Only host.process starts other programs");
  }

  static ArchRule vertxOnlyInServer() {
    return rule(
        noClasses()
            .that(not(Rooms.in("server")))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx..", "io.netty.."),
        "Only server knows Vert.x and Netty");
  }

  static ArchRule processRunnerNeedsTheJdkAlone() {
    DescribedPredicate<JavaClass> annotations =
        resideInAnyPackage("org.jspecify..", "com.google.errorprone.annotations..");
    return rule(
        noClasses()
            .that(Rooms.in("host.process"))
            .should()
            .dependOnClassesThat(
                not(Rooms.in("host.process").or(resideInAPackage("java..")).or(annotations))),
        "host.process needs nothing but the JDK");
  }

  static ArchRule backendsNeverCallTheService() {
    return rule(
        noClasses()
            .that()
            .resideInAPackage(Rooms.ROOT + ".backend..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName(Rooms.ROOT + ".volume.VolumeService"),
        "A backend never calls VolumeService");
  }

  static ArchRule cliKnowsOnlyWireRecords() {
    DescribedPredicate<JavaClass> noRecord =
        describe("are no records", type -> !type.isRecord() && !type.isEnum());
    return rule(
        noClasses()
            .that(Rooms.in("cli"))
            .should()
            .dependOnClassesThat(Rooms.in("admin").and(noRecord)),
        "Of admin, cli knows only the wire records");
  }

  private static ArchRule rule(ArchRule rule, String description) {
    return rule.as(description).allowEmptyShould(true);
  }

  private static boolean isRuntimeExec(JavaMethodCall call) {
    return call.getTargetOwner().isEquivalentTo(Runtime.class) && call.getName().equals("exec");
  }

  private static ArchCondition<JavaClass> importOnlyWhatTheTableAllows() {
    return new ArchCondition<>("import only what the table allows") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        String room = Rooms.of(type);
        if (!Rooms.exists(room)) {
          events.add(
              SimpleConditionEvent.violated(
                  type, type.getName() + " is in no room: the table has no '" + room + "'."));
        }
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          if (Rooms.isOurs(target) && !Rooms.mayImport(room, Rooms.of(target))) {
            String message =
                "%s may not import %s: %s"
                    .formatted(room, Rooms.of(target), dependency.getDescription());
            events.add(SimpleConditionEvent.violated(type, message));
          }
        }
      }
    };
  }

  private static SliceAssignment byRoom() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        return Rooms.isOurs(type) ? SliceIdentifier.of(Rooms.of(type)) : SliceIdentifier.ignore();
      }

      @Override
      public String getDescription() {
        return "rooms";
      }
    };
  }
}
