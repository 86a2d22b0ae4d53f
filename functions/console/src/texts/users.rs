//! The page of users.

use piste_adapters::users::Role;

piste_domain::texts! {
    pub users { Fr: "Utilisateurs", En: "Users" }
    pub intro {
        Fr: "Chaque personne et chaque outil a sa propre clé. Son nom figure à côté de ce qui est fait. Une clé supprimée cesse de fonctionner en moins d’une minute, et ses sessions se ferment.",
        En: "Every person and every tool has its own key. Its name is shown next to what was done with it. A removed key stops working within a minute, and its sessions end.",
    }
    pub name { Fr: "Nom", En: "Name" }
    pub role_head { Fr: "Rôle", En: "Role" }
    pub created { Fr: "Créée le", En: "Created" }
    pub ends { Fr: "Expire le", En: "Expires" }
    pub never { Fr: "jamais", En: "never" }
    pub last_used { Fr: "Dernier usage", En: "Last used" }
    pub expired { Fr: "expirée", En: "expired" }
    pub remove { Fr: "Supprimer", En: "Remove" }
    pub remove_named(name: &str) { Fr: "Supprimer {name}", En: "Remove {name}" }
    pub add { Fr: "Ajouter un utilisateur", En: "Add a user" }
    pub expires_on { Fr: "Dernier jour de validité (90 jours si vide)", En: "Last day the key works (90 days if empty)" }
    pub create { Fr: "Créer la clé", En: "Create key" }
    pub key_of(name: &str) { Fr: "Clé de {name}", En: "Key of {name}" }
    pub copy_now {
        Fr: "Copiez-la maintenant et transmettez-la par un canal sûr\u{a0}: elle ne s’affichera plus.",
        En: "Copy it now and pass it on over a safe channel: it will not be shown again.",
    }
    /// The name of a role.
    pub role for Role {
        Read { Fr: "lecture", En: "read" }
        Sales { Fr: "vente", En: "sales" }
        Write { Fr: "écriture", En: "write" }
        Admin { Fr: "administration", En: "admin" }
    }
    /// What it may do.
    pub role_does for Role {
        Read { Fr: "voir", En: "see" }
        Sales { Fr: "et noter appels, étapes, notes, réponses\u{202f}; attribuer", En: "also log calls, stages, notes and answers; assign" }
        Write { Fr: "et ajouter, importer, effacer, conserver, lever un blocage, libérer", En: "also add, import, erase, keep, lift a block, release" }
        Admin { Fr: "et gérer les utilisateurs et les envois", En: "also users and sending" }
    }
}
